import type { ActionContext } from '../action-context.ts';
import type { Cluster, ClusterObservation } from '../cluster/cluster.ts';
import type { ClusterRemoval } from '../cluster/removal.ts';
import type { StepLock } from '../cluster/step-runner.ts';
import { lockCluster } from '../cluster-lock.ts';
import { lockWait } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import { formatDuration } from '../model/duration.ts';
import { messageOf } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { oneLine } from '../model/plain-text.ts';
import type { ClusterKind, RemoveRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import type { RemovalHost } from '../report/host-report.ts';
import { keptVolumesLines } from '../report/removal-report.ts';
import type { RemovalReport } from '../report/report.ts';
import type { StepReport } from '../report/step-report.ts';
import { NOTHING_CHANGED_TEXT } from '../report/text-format.ts';
import type { ClusterEntry } from './cluster-entry.ts';

/**
 * Takes an app's environment away from a cluster: everything of all its releases, and the records. What is not there, or was removed by
 * an earlier run, is no failure.
 * @throws SealiftError if something of it is still there
 */
export async function removeFromCluster<Kind extends ClusterKind>(
  { open }: ClusterEntry<Kind>,
  request: RemoveRequest<Kind>,
  context: ActionContext<RemovalReport>,
): Promise<void> {
  await using cluster = await group('Connect', () => open(request.destination, context));
  await using lock = await lockCluster(cluster, lockWait(request, request.gate), context);
  await removeWith(cluster, lock, request, context);
}

/** @param lock `undefined` in a dry run */
export async function removeWith(
  cluster: Cluster<unknown>,
  lock: StepLock | undefined,
  { destination, removeVolumes }: RemoveRequest<ClusterKind>,
  context: ActionContext<RemovalReport>,
): Promise<void> {
  const { report, log } = context;
  const project = baseProject(destination);
  const removal = await planned(cluster, removeVolumes);
  const { host } = cluster;
  const { live, steps, kept } = removal;
  const volumes = kept === undefined ? {} : { keptVolumes: kept.volumes, removeVolumesBy: kept.command };
  const before: Omit<RemovalHost, 'why'> = { host, was: live, is: live, ...volumes };
  if (steps.length === 0) {
    const state = `Nothing to remove: ${project} is not there.`;
    report.set({ result: 'unchanged', state, hosts: [{ ...before, why: 'nothing to remove' }], steps: [] });
    log.info(state);
  } else if (lock === undefined) {
    const hosts = [{ ...before, why: 'would be removed' }];
    report.set({ result: 'planned', state: NOTHING_CHANGED_TEXT, hosts, steps: stepsToRun(host, removal) });
    for (const { text } of steps) log.info(`  ${text}`);
    for (const line of keptVolumesLines(hosts)) log.info(line);
  } else {
    await group(`Remove ${project}`, () => runSteps(host, lock, removal, project, context));
    const hosts = [{ ...before, is: undefined, why: 'removed' }];
    const state = `${project} was removed.`;
    report.set({ result: 'removed', state, hosts });
    for (const line of keptVolumesLines(hosts)) log.info(line);
    log.info(state);
  }
}

async function planned(cluster: Cluster<unknown>, removeVolumes: boolean): Promise<ClusterRemoval> {
  const found: ClusterObservation<unknown> = await cluster.observe();
  return await cluster.removal(found, removeVolumes);
}

const stepsToRun = (host: HostName, { steps }: ClusterRemoval): readonly StepReport[] =>
  steps.map(({ text }) => ({
    ...{ host, stage: 'remove' as const, text, undo: false },
    ...{ startMs: undefined, durationMs: undefined, ok: undefined, note: undefined },
  }));

async function runSteps(
  host: HostName,
  lock: StepLock,
  { live, steps }: ClusterRemoval,
  project: string,
  { report, log, signal: cancelled }: ActionContext<RemovalReport>,
): Promise<void> {
  const signal = AbortSignal.any([cancelled, lock.lost]);
  const startedAt = performance.now();
  const done: StepReport[] = [];
  for (const { text, run } of steps) {
    const at = performance.now();
    const end = (ok: boolean, note: string | undefined): void => {
      const took = performance.now() - at;
      const startMs = Math.round(at - startedAt);
      done.push({
        host,
        stage: 'remove',
        text,
        startMs,
        durationMs: Math.round(took),
        ok,
        undo: false,
        note,
      });
      report.set({ steps: done });
      const suffix = note === undefined ? '' : `  ${oneLine(note)}`;
      log.info(`${ok ? '✓' : '✗'} ${text}  ${formatDuration(took)}${suffix}`);
    };
    try {
      signal.throwIfAborted();
      await lock.assertHeld();
      await run(signal);
      end(true, undefined);
    } catch (error) {
      end(false, messageOf(error));
      const state = `All or a part of ${project} may still be there: when the cause is gone, run this again.`;
      const failed: RemovalHost = { host, was: live, is: undefined, unknown: true, why: messageOf(error) };
      report.set({ result: 'failed', state, hosts: [failed] });
      throw error;
    }
  }
}
