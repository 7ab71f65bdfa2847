import type { ContainerSummary } from '../engine/engine.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import type { ReplicaRange } from '../plan/replica-counts.ts';
import { startRounds } from '../release/start-order.ts';
import { allOrThrow } from '../run/promises.ts';
import { awaitCondition, conditionsWithin } from './await-dependencies.ts';
import { serviceOf } from './compose-labels.ts';
import { ignoreNotFound, listReplicas } from './containers.ts';
import { explainStartFailure } from './explain-start-failure.ts';
import type { HostContext } from './host-context.ts';
import type { KnownContainer } from './known-containers.ts';
import { runPostStart } from './lifecycle-hooks.ts';
import { selectReplicas } from './replica-selection.ts';
import { restoreRestartPolicy } from './restart-policy.ts';
import { moveToSlot, startWithNetworks } from './slots.ts';

/**
 * Starts containers that still exist, as Compose does: in the order of `depends_on` with its conditions, and with their
 * `post_start`. All of the release moves to the slot before any of it starts. Needs no image and no Compose. Without a record of
 * the release, all containers start at once.
 *
 * @throws HostError when a container does not start, its `post_start` fails, or it does not become what others wait for. All
 *   others are started all the same, since they may serve without it; but nothing that waits for the end of a job that failed
 */
export async function startExistingContainers(
  context: HostContext,
  { release: id, slot, services, ...range }: Omit<Action<'start-services'>, 'kind' | 'how'>,
): Promise<string> {
  const release = context.releases.get(id);
  const rounds = startRounds(release, services);
  const early = rounds.length > 1 ? [] : startsForSure(context, id, services, range);
  const [all] = await allOrThrow([
    listReplicas(context, { release: id }),
    ...early.map((container) => restoreRestartPolicy(context, container).catch(ignoreNotFound)),
  ]);
  await moveToSlot(context, all, slot);
  const errors: unknown[] = [];
  let started = 0;
  for (const round of rounds) {
    const replicas = selectReplicas(all, { services: round, ...range });
    const results = await Promise.allSettled(
      replicas.map((each) => startContainer(context, each, release, early)),
    );
    for (const each of results) {
      if (each.status === 'rejected') errors.push(each.reason);
      else if (each.value) started += 1;
    }
    if (release === undefined) continue;
    const awaited = conditionsWithin(release, services);
    try {
      await awaitCondition(context, release, replicas, awaited, 'service_completed_successfully');
    } catch (error) {
      throw errors[0] ?? error;
    }
    await awaitCondition(context, release, replicas, awaited, 'service_healthy').catch((error: unknown) => {
      errors.push(error);
    });
  }
  if (errors.length > 0) throw errors[0];
  return `${started} started`;
}

/** The containers that are about to start, whatever the list will say. They need not wait for it to get their restart policies back. */
function startsForSure(
  { releases, runState }: HostContext,
  id: ReleaseId,
  services: readonly ServiceName[],
  { only, after }: ReplicaRange,
): readonly KnownContainer[] {
  if (only !== undefined || after !== undefined) return [];
  const oneShots = releases.get(id)?.services ?? {};
  return selectReplicas(runState.knownContainers.of(id), { services }).filter(
    (container) => oneShots[serviceOf(container) ?? '']?.oneShot !== true,
  );
}

/** @returns whether it did not run. A one-shot container that has completed is not started again. */
async function startContainer(
  context: HostContext,
  container: ContainerSummary,
  release: Release | undefined,
  withPolicy: readonly KnownContainer[],
): Promise<boolean> {
  const oneShot = release?.services[serviceOf(container) ?? '']?.oneShot === true;
  if (oneShot && container.state === 'exited') {
    const { exitCode } = await context.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  if (!withPolicy.some(({ id }) => id === container.id)) await restoreRestartPolicy(context, container);
  // Also for one that was listed as running: a move to the other slot has stopped it.
  const started = await startWithNetworks(context, container).catch(async (error: unknown) => {
    const service = release?.compose.services[serviceOf(container) ?? ''];
    throw await explainStartFailure(context.engine, error, service === undefined ? [] : [service]);
  });
  if (started) await runPostStart(context, container);
  return started;
}
