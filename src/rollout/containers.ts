import { labelFilters } from '../edge/networks.ts';
import type { ContainerDetails, ContainerSummary, Engine, Labels } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { LABEL, labelsOf, type Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { isStopped } from '../plan/host-queries.ts';
import { startRounds } from '../release/start-order.ts';
import { isOneOff, serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import { type ReplicaQuery, selectReplicas } from './replica-selection.ts';
import { disableRestartPolicy, restoreRestartPolicy } from './restart-policy.ts';
import { moveToSlot, startWithNetworks } from './slots.ts';

/** The containers of a release on a host: list, inspect, start, stop and remove them. */

/** Without the containers of `docker compose run`. */
export async function listReplicas(
  context: HostContext,
  query: ReplicaQuery,
): Promise<readonly ContainerSummary[]> {
  const all = await listByLabels(context, { [LABEL.release]: query.release });
  return selectReplicas(
    all.filter((each) => !isOneOff(each)),
    query,
  );
}

/** The same as `listReplicas`, with all details. */
export async function inspectReplicas(
  context: HostContext,
  query: ReplicaQuery,
): Promise<readonly ContainerDetails[]> {
  return inspectAll(context.engine, await listReplicas(context, query));
}

const listByLabels = (
  { engine, appEnvironment }: HostContext,
  labels: Labels,
): Promise<readonly ContainerSummary[]> =>
  engine.listContainers(labelFilters({ ...labelsOf(appEnvironment), ...labels }));

/** The details of listed containers. One that was removed since it was listed is left out. */
export async function inspectAll(
  engine: Pick<Engine, 'inspectContainer'>,
  containers: readonly Pick<ContainerSummary, 'id'>[],
): Promise<readonly ContainerDetails[]> {
  const found = await Promise.all(
    containers.map(({ id }) => engine.inspectContainer(id).catch(ignoreNotFound)),
  );
  return found.filter((details) => details !== undefined);
}

/** Ends without an error if what was asked for no longer exists. */
export function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}

/**
 * Starts containers that still exist, after those that they depend on. All of the release moves to the slot before any of
 * it starts. Needs no image, no Compose and no record.
 */
export async function startExistingContainers(
  context: HostContext,
  { release: id, slot, services, ...range }: Omit<Action<'start-services'>, 'kind' | 'how'>,
): Promise<string> {
  const all = await listReplicas(context, { release: id });
  await moveToSlot(context, all, slot);
  const release = context.releases.get(id);
  let started = 0;
  for (const round of startRounds(release, services)) {
    const replicas = selectReplicas(all, { services: round, ...range });
    const results = await Promise.all(replicas.map((each) => startContainer(context, each, release)));
    started += results.filter(Boolean).length;
  }
  return `${started} started`;
}

/** @returns whether it did not run. A one-shot container that has completed is not started again. */
async function startContainer(
  context: HostContext,
  container: ContainerSummary,
  release: Release | undefined,
): Promise<boolean> {
  const oneShot = release?.services[serviceOf(container) ?? '']?.oneShot === true;
  if (oneShot && container.state === 'exited') {
    const { exitCode } = await context.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  await restoreRestartPolicy(context, container);
  // Also for one that was listed as running: a move to the other slot has stopped it. Otherwise this changes nothing.
  await startWithNetworks(context, container);
  return container.state !== 'running';
}

/** Stops containers and keeps them, so that a rollback only starts them. */
export async function stopServices(context: HostContext, query: ReplicaQuery): Promise<string> {
  const timeout = context.jobCancelled ? 1 : undefined;
  const containers = await listReplicas(context, query);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      await disableRestartPolicy(context, container);
      if (!running.includes(container)) return;
      await context.engine.stopContainer(container.id, timeout).catch(ignoreNotFound);
    }),
  );
  return `${running.length} stopped`;
}

/** Removes all containers of releases, with those of `docker compose run`. */
export async function removeReleaseContainers(
  context: HostContext,
  ids: readonly ReleaseId[],
): Promise<void> {
  for (const id of ids) await removeContainers(context, { [LABEL.release]: id });
}

/** Removes all containers of the app that have these labels, running or not. */
export async function removeContainers(context: HostContext, labels: Labels): Promise<void> {
  const found = await listByLabels(context, labels);
  await Promise.all(found.map(({ id }) => context.engine.removeContainer(id, { force: true })));
}
