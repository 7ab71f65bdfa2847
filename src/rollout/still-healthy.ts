import { HostError } from '../model/errors.ts';
import type { ReleaseId, ServiceName } from '../model/release.ts';
import type { ReplicaCounts, ReplicaRange } from '../plan/actions.ts';
import { serviceOf } from './compose-labels.ts';
import { failureSince } from './container-verdict.ts';
import { ContainerWatcher, WatchedContainer } from './container-watcher.ts';
import { inspectAll, inspectReleaseContainers } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { selectReplicas, verifyReplicaCounts } from './replica-selection.ts';

/** The containers that must stay healthy. */
interface WatchedReplicas extends ReplicaRange {
  readonly release: ReleaseId;
  readonly services: readonly ServiceName[];
  /** How many containers of a service may fail. */
  readonly tolerate?: ReplicaCounts;
}

/**
 * Watches containers of a release from the state in which they were last found healthy.
 * @throws HostError when the release has fewer containers than it should; the reason of the job's signal
 */
export async function watchReplicas(
  context: HostContext,
  replicas: WatchedReplicas,
): Promise<ContainerWatcher> {
  context.signal.throwIfAborted();
  const release = releaseById(context, replicas.release);
  const all = await inspectReleaseContainers(context, release.id, replicas.services);
  const found = selectReplicas(all, replicas);
  verifyReplicaCounts(context.engine.host, release, found, replicas, replicas.tolerate);
  const containers = found.map((current) => {
    const container = context.runState.healthyContainers.get(current.id) ?? current;
    const service = serviceOf(container) ?? container.name;
    return new WatchedContainer({ container, service, oneShot: release.services[service]?.oneShot ?? false });
  });
  // Past events too: a container that has exited and runs again no longer knows its exit code.
  const earliestStart = containers.map(({ before }) => before.startedAt).sort()[0];
  return ContainerWatcher.open(context, containers, earliestStart);
}

/**
 * Inspects every watched container.
 * @param when for the error: `while it was watched`
 * @returns failures that are tolerated
 * @throws HostError when more containers of a service have failed than are tolerated; the reason of the watcher's signal
 */
export async function checkStillHealthy(
  { engine }: HostContext,
  { containers, signal }: ContainerWatcher,
  { tolerate = {} }: Pick<WatchedReplicas, 'tolerate'>,
  when: string,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const found = await Promise.all(
    containers.map(async (each) => {
      const [now] = await inspectAll(engine, [each.before]);
      if (now === undefined) return { service: each.service, why: 'it was removed' };
      if (now.restartCount > each.before.restartCount) await each.exitRecorded();
      return {
        service: each.service,
        why: failureSince(each.before, now, each.oneShot, each.crashHistory(now)),
      };
    }),
  );
  const failures = found.filter(({ why }) => why !== undefined);
  for (const { service, why } of failures) {
    const count = failures.filter((each) => each.service === service).length;
    if (count > (tolerate[service] ?? 0))
      throw new HostError(engine.host, `${service} did not stay well ${when}: ${why}`);
  }
  return failures.map(({ service, why }) => `tolerated: ${service}: ${why}`);
}
