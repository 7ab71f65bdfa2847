import type { ContainerDetails } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import { failureSince } from './container-health.ts';
import { ContainerWatcher, serviceContainer, WatchedContainer } from './container-watcher.ts';
import { inspectAll } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { lastPrintedSentence } from './printed-output.ts';
import { type CheckedReplicas, verifyReplicaCounts } from './replica-selection.ts';

/**
 * Watches replicas from the state in which they were last found healthy.
 * @param found the replicas as they are now
 * @throws HostError when there are fewer than there should be; the reason of the job's signal
 */
export async function watchReplicas(
  context: HostContext,
  replicas: CheckedReplicas,
  found: readonly ContainerDetails[],
): Promise<ContainerWatcher> {
  context.signal.throwIfAborted();
  const release = releaseById(context, replicas.release);
  verifyReplicaCounts(context.engine.host, release, found, replicas);
  const { healthyContainers } = context.runState;
  const containers = found.map(
    (each) => new WatchedContainer(serviceContainer(release, healthyContainers.get(each.id) ?? each)),
  );
  // Past events too: a container that has exited and runs again no longer knows its exit code.
  const earliestStart = containers.map(({ subject }) => subject.container.startedAt).sort()[0];
  return ContainerWatcher.open(context, containers, earliestStart);
}

/**
 * Judges every watched container.
 * @param found as they are now; by default, all are inspected
 * @param when for the error: `while it was watched`
 * @returns failures that are tolerated
 * @throws HostError when more containers of a service have failed than are tolerated; the reason of the watcher's signal
 */
export async function checkStillHealthy(
  { engine }: HostContext,
  { containers, signal }: ContainerWatcher,
  { tolerate = {} }: Pick<CheckedReplicas, 'tolerate'>,
  when: string,
  found?: readonly ContainerDetails[],
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const present =
    found ??
    (await inspectAll(
      engine,
      containers.map(({ subject }) => subject.container),
    ));
  const judged = await Promise.all(
    containers.map(async (container) => {
      const { container: before, service, ending } = container.subject;
      const now = present.find(({ id }) => id === before.id);
      if (now === undefined) return { service, now, why: 'it was removed' };
      if (now.restartCount > before.restartCount) await container.exitRecorded();
      return { service, now, why: failureSince(before, now, ending, container.crashHistory(now)) };
    }),
  );
  const failures = judged.filter(({ why }) => why !== undefined);
  for (const { service, now, why } of failures) {
    const count = failures.filter((each) => each.service === service).length;
    if (count <= (tolerate[service] ?? 0)) continue;
    const printed = now === undefined ? '' : await lastPrintedSentence(engine, now);
    const text = `${service} did not stay healthy ${when}: ${why}`;
    throw new HostError(engine.host, printed === '' ? text : `${text}.${printed}`);
  }
  return failures.map(({ service, why }) => `tolerated: ${service}: ${why}`);
}
