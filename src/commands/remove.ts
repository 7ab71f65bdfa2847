import type { ActionContext } from '../action-context.ts';
import { requireApproval } from '../approval.ts';
import { lockHosts } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import type { RemoveRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import { combineFailures } from '../report/failures.ts';
import {
  keptVolumesLines,
  removalPlanLines,
  removalReport,
  removalStepLine,
} from '../report/removal-report.ts';
import type { RemovalReport } from '../report/report.ts';
import { onReachableHosts } from '../rollout/fleet.ts';
import { removeEnvironment } from '../rollout/remove-environment.ts';

/**
 * Takes an app's environment away from its hosts, each on its own. Nothing is touched before the run is approved. What is not there, or was removed by an earlier run, is no
 * failure.
 * @throws SealiftError if something of it is still on a host, after all others are done
 */
export async function remove(request: RemoveRequest, context: ActionContext<RemovalReport>): Promise<void> {
  const { destination, removeVolumes, dryRun, lockTimeout } = request;
  const { report, log, signal } = context;
  report.set({ app: destination.app, environment: destination.environment });
  await requireApproval(request, dryRun, context);
  const project = baseProject(destination);
  const hosts = destination.hosts.map(({ name }) => name);
  const startedAt = performance.now();
  const { results, failures } = await group(`${dryRun ? 'Plan the removal of' : 'Remove'} ${project}`, () =>
    onReachableHosts(destination, context, async (engine) => {
      await using lock = await lockHosts([engine], destination, dryRun ? undefined : lockTimeout, context);
      return await removeEnvironment(engine, destination, {
        removeVolumes,
        dryRun,
        startedAt,
        lock,
        signal,
        log,
        onStepEnd: (host, step, error) => log.info(removalStepLine(host, step, error, hosts)),
      });
    }),
  );
  const result = removalReport(project, hosts, results, failures, dryRun);
  report.set(result);
  if (dryRun) for (const line of removalPlanLines(results)) log.info(line);
  for (const line of keptVolumesLines(result.hosts)) log.info(line);
  const incomplete = results.filter(({ error }) => error !== undefined);
  const all = [...failures, ...incomplete.map(({ host, error }) => ({ host, error }))];
  if (all.length > 0) throw combineFailures(all);
  log.info(result.state);
}
