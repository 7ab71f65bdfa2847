import { labelFilters } from '../edge/networks.ts';
import type { ContainerDetails, ContainerSummary, Engine } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';
import {
  LABEL,
  labelsOf,
  type Release,
  type ReleaseId,
  type ServiceName,
  type Slot,
} from '../model/release.ts';
import type { ReplicaRange } from '../plan/actions.ts';
import { startRounds } from '../release/start-order.ts';
import { isOneOff, type Labelled, serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import { selectReplicas } from './replica-selection.ts';
import { disableRestartPolicy, restoreRestartPolicy } from './restart-policy.ts';
import { isStopped, moveToSlot, startWithNetworks } from './slots.ts';

/** The containers of a release on a host: list, inspect, start, stop and remove them. */

/** The containers of a release, or of some of its services, without those of `docker compose run`. */
export async function listReleaseContainers(
  context: HostContext,
  id: ReleaseId,
  services?: readonly ServiceName[],
): Promise<readonly ContainerSummary[]> {
  const labels = { ...labelsOf(context.appEnvironment), [LABEL.release]: id };
  const found = await context.engine.listContainers(labelFilters(labels));
  const containers = found.filter((each) => !isOneOff(each));
  return services === undefined ? containers : ofServices(containers, services);
}

const ofServices = (
  containers: readonly ContainerSummary[],
  services: readonly ServiceName[],
): readonly ContainerSummary[] => containers.filter((each) => services.includes(serviceOf(each) ?? ''));

/** The same as `listReleaseContainers`, with all details. */
export async function inspectReleaseContainers(
  context: HostContext,
  id: ReleaseId,
  services?: readonly ServiceName[],
): Promise<readonly ContainerDetails[]> {
  return inspectAll(context.engine, await listReleaseContainers(context, id, services));
}

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

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}

/**
 * Starts containers that still exist, after those that they depend on. All of the release moves to the slot before any of
 * it starts. Needs no image, no Compose and no record.
 */
export async function startExistingContainers(
  context: HostContext,
  id: ReleaseId,
  slot: Slot,
  services: readonly ServiceName[],
  range: ReplicaRange = {},
): Promise<string> {
  const all = await listReleaseContainers(context, id);
  await moveToSlot(context, all, slot);
  const release = context.releases.get(id);
  const selected = selectReplicas(ofServices(all, services), range);
  let started = 0;
  for (const round of startRounds(release, services)) {
    const results = await Promise.all(
      ofServices(selected, round).map((each) => startContainer(context, each, release)),
    );
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
export async function stopServices(
  context: HostContext,
  id: ReleaseId,
  services: readonly ServiceName[],
  range: ReplicaRange = {},
): Promise<string> {
  const containers = selectReplicas(await listReleaseContainers(context, id, services), range);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      await disableRestartPolicy(context, container);
      if (!running.includes(container)) return;
      await context.engine
        .stopContainer(container.id, context.jobCancelled ? 1 : undefined)
        .catch(ignoreNotFound);
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
export async function removeContainers(
  { engine, appEnvironment }: HostContext,
  labels: Labelled['labels'],
): Promise<void> {
  const found = await engine.listContainers(labelFilters({ ...labelsOf(appEnvironment), ...labels }));
  await Promise.all(found.map(({ id }) => engine.removeContainer(id, { force: true })));
}
