import { HostError } from '../model/errors.ts';
import { failureSince } from './container-health.ts';
import { ContainerWatcher, serviceContainer, WatchedContainer } from './container-watcher.ts';
import { inspectAll, inspectReplicas } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { lastPrintedSentence } from './printed-output.ts';
import { type CheckedReplicas, verifyReplicaCounts } from './replica-selection.ts';

/**
 * Watches replicas from the state in which they were last found healthy.
 * @throws HostError when there are fewer than there should be; the reason of the job's signal
 */
export async function watchReplicas(
  context: HostContext,
  replicas: CheckedReplicas,
): Promise<ContainerWatcher> {
  context.signal.throwIfAborted();
  const release = releaseById(context, replicas.release);
  const found = await inspectReplicas(context, replicas);
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
 * Inspects every watched container.
 * @param when for the error: `while it was watched`
 * @returns failures that are tolerated
 * @throws HostError when more containers of a service have failed than are tolerated; the reason of the watcher's signal
 */
export async function checkStillHealthy(
  { engine }: HostContext,
  { containers, signal }: ContainerWatcher,
  { tolerate = {} }: Pick<CheckedReplicas, 'tolerate'>,
  when: string,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const found = await Promise.all(
    containers.map(async (container) => {
      const { container: before, service, ending } = container.subject;
      const [now] = await inspectAll(engine, [before]);
      if (now === undefined) return { service, now, why: 'it was removed' };
      if (now.restartCount > before.restartCount) await container.exitRecorded();
      return { service, now, why: failureSince(before, now, ending, container.crashHistory(now)) };
    }),
  );
  const failures = found.filter(({ why }) => why !== undefined);
  for (const { service, now, why } of failures) {
    const count = failures.filter((each) => each.service === service).length;
    if (count <= (tolerate[service] ?? 0)) continue;
    const printed = now === undefined ? '' : await lastPrintedSentence(engine, now);
    const text = `${service} did not stay healthy ${when}: ${why}`;
    throw new HostError(engine.host, printed === '' ? text : `${text}.${printed}`);
  }
  return failures.map(({ service, why }) => `tolerated: ${service}: ${why}`);
}
