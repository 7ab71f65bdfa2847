import type { ContainerDetails, ContainerSummary } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';
import { messageOf } from '../model/errors.ts';
import { LABEL, type Release, type ReleaseId, type ServiceName, type Slot } from '../model/release.ts';
import type { ReplicaRange } from '../plan/steps.ts';
import { startRounds } from '../release/start-order.ts';
import { isOneOff, serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import { inspectAll } from './inspect.ts';
import { selectReplicas } from './replica-selection.ts';
import { disableRestartPolicy, restoreRestartPolicy } from './restart-policy.ts';
import { isStopped, moveToSlot, startWithNetworks } from './slots.ts';

/** The containers of a release on a host: found, started, stopped, shown when they fail. */

/** Containers of some services of a release, as a list tells them: enough to stop, remove or address them. */
export async function listReleaseContainers(
  context: HostContext,
  id: ReleaseId,
  services?: readonly ServiceName[],
): Promise<readonly ContainerSummary[]> {
  const found = (await listWithOneOffs(context, id)).filter((each) => !isOneOff(each));
  return services === undefined ? found : found.filter((each) => services.includes(serviceOf(each) ?? ''));
}

/** Those of commands that were run in it as well. */
function listWithOneOffs(context: HostContext, id: ReleaseId): Promise<readonly ContainerSummary[]> {
  return context.engine.listContainers([
    `${LABEL.app}=${context.appEnvironment.app}`,
    `${LABEL.environment}=${context.appEnvironment.environment}`,
    `${LABEL.release}=${id}`,
  ]);
}

/** The same as `listed` in full detail. */
export async function inspectReleaseContainers(
  context: HostContext,
  id: ReleaseId,
  services?: readonly ServiceName[],
): Promise<readonly ContainerDetails[]> {
  return inspectAll(context.engine, await listReleaseContainers(context, id, services));
}

/**
 * Starts containers that still exist, those that others depend on first, in a slot: all of the release come to stand there
 * before any of them starts. No image, no Compose, no record is needed.
 */
export async function startExistingContainers(
  context: HostContext,
  id: ReleaseId,
  slot: Slot,
  services: readonly ServiceName[],
  which: ReplicaRange = {},
): Promise<string> {
  const all = await listReleaseContainers(context, id);
  await moveToSlot(context, all, slot);
  const release = context.releases.get(id);
  const selected = selectReplicas(
    all.filter((container) => services.includes(serviceOf(container) ?? '')),
    which,
  );
  let started = 0;
  for (const round of startRounds(release, services)) {
    const now = selected.filter((container) => round.includes(serviceOf(container) ?? ''));
    const done = await Promise.all(now.map((container) => startContainer(context, container, release)));
    started += done.filter(Boolean).length;
  }
  return `${started} started`;
}

/** Whether it had to be started; one that ended as it should is left alone. */
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
  // One that ran in the wrong slot was stopped; of one that runs this changes nothing.
  await startWithNetworks(context, container);
  return container.state !== 'running';
}

/** Stops containers and keeps them, so that going back is a start. */
export async function stopServices(
  context: HostContext,
  id: ReleaseId,
  services: readonly ServiceName[],
  evidence: boolean,
  which: ReplicaRange = {},
): Promise<string> {
  const containers = evidence
    ? await collectEvidence(context, id, services, which)
    : selectReplicas(await listReleaseContainers(context, id, services), which);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      await disableRestartPolicy(context, container);
      if (running.includes(container)) await stopContainer(context, container.id);
    }),
  );
  return `${running.length} stopped`;
}

/** One that has gone meanwhile runs no more either. */
async function stopContainer(context: HostContext, id: string): Promise<void> {
  try {
    await context.engine.stopContainer(id, context.jobCancelled ? 1 : undefined);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
}

/** States in which a container has an exit code; one that runs again says 0. */
const EXIT_CODE_STATES: ReadonlySet<ContainerDetails['state']> = new Set(['exited', 'dead', 'restarting']);

async function collectEvidence(
  context: HostContext,
  id: ReleaseId,
  services: readonly ServiceName[],
  which: ReplicaRange,
): Promise<readonly ContainerDetails[]> {
  const containers = selectReplicas(await inspectReleaseContainers(context, id, services), which);
  for (const container of containers) {
    const lastLines = await lastLogLines(context, container.id);
    context.runState.evidence.push({
      host: context.engine.host,
      container: container.name,
      service: serviceOf(container) ?? container.name,
      state: container.state,
      exitCode: EXIT_CODE_STATES.has(container.state) ? container.exitCode : undefined,
      oomKilled: container.oomKilled,
      health: container.health?.status === 'none' ? undefined : container.health?.status,
      lastLines: lastLines.length > 0 ? lastLines : lastHealthcheckLines(container),
    });
  }
  return containers;
}

/** Some log drivers can't be read; that is no reason not to stop what has failed. */
async function lastLogLines(context: HostContext, id: string): Promise<readonly string[]> {
  try {
    return await context.engine.containerLogs(id, 20);
  } catch (error) {
    if (context.engine.disconnected.aborted) throw error;
    context.log.debug(messageOf(error));
    return [];
  }
}

function lastHealthcheckLines(container: ContainerDetails): readonly string[] {
  const output = container.health?.lastOutput.trim() ?? '';
  return output === '' ? [] : output.split('\n').slice(-10);
}

/** Removes the containers of releases for good. */
export async function removeReleaseContainers(
  context: HostContext,
  ids: readonly ReleaseId[],
): Promise<void> {
  for (const id of ids) {
    await removeContainers(context, await listWithOneOffs(context, id));
  }
}

async function removeContainers(
  context: HostContext,
  containers: readonly ContainerSummary[],
): Promise<void> {
  await Promise.all(
    containers.map((container) => context.engine.removeContainer(container.id, { force: true })),
  );
}
