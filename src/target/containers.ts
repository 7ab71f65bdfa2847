import type { ContainerDetails, ContainerSummary } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';
import { messageOf } from '../model/errors.ts';
import { LABEL, type Release, type ReleaseId, type ServiceName, type Slot } from '../model/release.ts';
import type { Replicas } from '../plan/steps.ts';
import { startRounds } from '../release/order.ts';
import { inspectAll } from './inspect.ts';
import { isOneOff, serviceOf } from './labels.ts';
import { meant } from './part.ts';
import { restoreRestarts, turnOffRestarts } from './restart.ts';
import { isStopped, moveToSlot, startOnNetworks } from './slots.ts';
import type { Work } from './work.ts';

/** The containers of a release on a host: found, started, stopped, shown when they fail. */

/** Containers of some services of a release, as a list tells them: enough to stop, remove or address them. */
export async function listed(
  work: Work,
  id: ReleaseId,
  services?: readonly ServiceName[],
): Promise<readonly ContainerSummary[]> {
  const found = (await everyContainer(work, id)).filter((each) => !isOneOff(each));
  return services === undefined ? found : found.filter((each) => services.includes(serviceOf(each) ?? ''));
}

/** Those of commands that were run in it as well. */
function everyContainer(work: Work, id: ReleaseId): Promise<readonly ContainerSummary[]> {
  return work.engine.listContainers([
    `${LABEL.app}=${work.of.app}`,
    `${LABEL.environment}=${work.of.environment}`,
    `${LABEL.release}=${id}`,
  ]);
}

/** The same as `listed` in full detail. */
export async function containersOf(
  work: Work,
  id: ReleaseId,
  services?: readonly ServiceName[],
): Promise<readonly ContainerDetails[]> {
  return inspectAll(work.engine, await listed(work, id, services));
}

/**
 * Starts containers that still exist, those that others depend on first, in a slot: all of the release come to stand there
 * before any of them starts. No image, no Compose, no record is needed.
 */
export async function startRelease(
  work: Work,
  id: ReleaseId,
  slot: Slot,
  services: readonly ServiceName[],
  which: Replicas = {},
): Promise<string> {
  const all = await listed(work, id);
  await moveToSlot(work, all, slot);
  const release = work.releases.get(id);
  const mine = meant(
    all.filter((container) => services.includes(serviceOf(container) ?? '')),
    which,
  );
  let started = 0;
  for (const round of startRounds(release, services)) {
    const now = mine.filter((container) => round.includes(serviceOf(container) ?? ''));
    const done = await Promise.all(now.map((container) => start(work, container, release)));
    started += done.filter(Boolean).length;
  }
  return `${started} started`;
}

/** Whether it had to be started; one that ended as it should is left alone. */
async function start(
  work: Work,
  container: ContainerSummary,
  release: Release | undefined,
): Promise<boolean> {
  const oneShot = release?.services[serviceOf(container) ?? '']?.oneShot === true;
  if (oneShot && container.state === 'exited') {
    const { exitCode } = await work.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  await restoreRestarts(work, container);
  // One that ran in the wrong slot was stopped; of one that runs this changes nothing.
  await startOnNetworks(work, container);
  return container.state !== 'running';
}

/** Stops containers and keeps them, so that going back is a start. */
export async function stopRelease(
  work: Work,
  id: ReleaseId,
  services: readonly ServiceName[],
  evidence: boolean,
  which: Replicas = {},
): Promise<string> {
  const containers = evidence
    ? await gatherEvidence(work, id, services, which)
    : meant(await listed(work, id, services), which);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      await turnOffRestarts(work, container);
      if (running.includes(container)) await stop(work, container.id);
    }),
  );
  return `${running.length} stopped`;
}

/** One that has gone meanwhile runs no more either. */
async function stop(work: Work, id: string): Promise<void> {
  try {
    await work.engine.stopContainer(id, work.hurry ? 1 : undefined);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
}

/** States in which a container has an exit code; one that runs again says 0. */
const ENDED: ReadonlySet<ContainerDetails['state']> = new Set(['exited', 'dead', 'restarting']);

async function gatherEvidence(
  work: Work,
  id: ReleaseId,
  services: readonly ServiceName[],
  which: Replicas,
): Promise<readonly ContainerDetails[]> {
  const containers = meant(await containersOf(work, id, services), which);
  for (const container of containers) {
    const lastLines = await lastLinesOf(work, container.id);
    work.kept.evidence.push({
      host: work.engine.host,
      container: container.name,
      service: serviceOf(container) ?? container.name,
      state: container.state,
      exitCode: ENDED.has(container.state) ? container.exitCode : undefined,
      oomKilled: container.oomKilled,
      health: container.health?.status === 'none' ? undefined : container.health?.status,
      lastLines: lastLines.length > 0 ? lastLines : healthOutput(container),
    });
  }
  return containers;
}

/** Some log drivers can't be read; that is no reason not to stop what has failed. */
async function lastLinesOf(work: Work, id: string): Promise<readonly string[]> {
  try {
    return await work.engine.containerLogs(id, 20);
  } catch (error) {
    if (work.engine.lost.aborted) throw error;
    work.log.debug(messageOf(error));
    return [];
  }
}

function healthOutput(container: ContainerDetails): readonly string[] {
  const output = container.health?.lastOutput.trim() ?? '';
  return output === '' ? [] : output.split('\n').slice(-10);
}

/** Removes the containers of releases for good. */
export async function removeReleases(work: Work, ids: readonly ReleaseId[]): Promise<void> {
  for (const id of ids) {
    await removeAll(work, await everyContainer(work, id));
  }
}

async function removeAll(work: Work, containers: readonly ContainerSummary[]): Promise<void> {
  await Promise.all(
    containers.map((container) => work.engine.removeContainer(container.id, { force: true })),
  );
}
