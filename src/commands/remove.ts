import type { ActionContext } from '../action-context.ts';
import type { Engine } from '../engine/engine.ts';
import { lockHosts, lockWait, takeUpLock } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
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
import type { FleetLock } from '../rollout/fleet-lock.ts';
import { removeEnvironment } from '../rollout/remove-environment.ts';
import type { SavedLock } from '../run/lock-state.ts';

/**
 * Takes an app's environment away from its hosts, each on its own. What is not there, or was removed by an earlier run, is no failure.
 * @throws SealiftError if something of it is still on a host, after all others are done
 */
export const removeFromHosts = (
  request: RemoveRequest<'docker'>,
  context: ActionContext<RemovalReport>,
): Promise<void> =>
  removeFromEach(request, context, (engine) =>
    lockHosts([engine], request.destination, lockWait(request, request.gate), context),
  );

/**
 * Goes on with a removal that was killed, on the hosts that it had locked and not finished. Its approval was checked by the run itself.
 * @throws SealiftError as `removeFromHosts` does
 */
export async function finishRemoval(
  request: RemoveRequest<'docker'>,
  locks: readonly SavedLock[],
  context: ActionContext<RemovalReport>,
): Promise<void> {
  const { destination } = request;
  const { report, log } = context;
  report.set({ app: destination.app, environment: destination.environment });
  log.notice('This step was cut short. Its post step goes on with the removal.');
  const lockOf = new Map(locks.map((lock) => [lock.host, lock]));
  const hosts = destination.hosts.filter(({ name }) => lockOf.has(name));
  await removeFromEach({ ...request, destination: { ...destination, hosts } }, context, async (engine) => {
    const saved = lockOf.get(engine.host);
    const lock = saved && (await takeUpLock(engine, destination, saved, context));
    if (lock !== undefined) return lock;
    throw new HostError(
      engine.host,
      'another run has locked it since the removal was cut short, so what is left there stays. Run the removal again if the environment should go.',
    );
  });
}

async function removeFromEach(
  { destination, removeVolumes, dryRun }: RemoveRequest<'docker'>,
  context: ActionContext<RemovalReport>,
  lockHost: (engine: Engine) => Promise<FleetLock>,
): Promise<void> {
  const { report, log, signal } = context;
  const project = baseProject(destination);
  const hosts = destination.hosts.map(({ name }) => name);
  const startedAt = performance.now();
  const { results, failures } = await group(`${dryRun ? 'Plan the removal of' : 'Remove'} ${project}`, () =>
    onReachableHosts(destination, context, async (engine) => {
      await using lock = await lockHost(engine);
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
