import { ensureSlotNetworks } from '../edge/networks.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { otherSlot, type Slot, slotNetwork } from '../model/app-environment.ts';
import type { Release } from '../model/release.ts';
import { isStopped } from '../plan/host-queries.ts';
import { baseObjects } from '../release/make-release.ts';
import { releaseIdOn } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import { runPreStop } from './lifecycle-hooks.ts';

/** The networks of containers: stopped ones move to the other slot by them. */

/**
 * Moves containers of a release to a slot, with the names that they had in the other one. The networks of a running
 * container are never changed: one that runs in the wrong slot, where it gets no requests, is stopped first.
 */
export async function moveToSlot(
  context: HostContext,
  containers: readonly ContainerSummary[],
  slot: Slot,
): Promise<void> {
  const { appEnvironment } = context;
  const from = slotNetwork(appEnvironment, otherSlot(slot));
  const to = slotNetwork(appEnvironment, slot);
  const misplaced = containers.filter(({ networks }) => networks.includes(from));
  if (misplaced.length === 0) return;
  await ensureNetworksOfSlots(context);
  await Promise.all(misplaced.map((container) => moveContainer(context, container, from, to)));
}

/** Creates networks of the slots that are missing. Those to which the running edge is connected are not looked for. */
export async function ensureNetworksOfSlots({
  engine,
  appEnvironment,
  runState,
}: HostContext): Promise<void> {
  if (!runState.edgeHasSlotNetworks) await ensureSlotNetworks(engine, appEnvironment);
}

async function moveContainer(
  context: HostContext,
  container: ContainerSummary,
  from: string,
  to: string,
): Promise<void> {
  const { engine } = context;
  if (!isStopped(container)) {
    if (container.networks.includes(to)) return;
    await runPreStop(context, container);
    await engine.stopContainer(container.id);
  }
  // In this order: if the run is killed in between, the container still has its names.
  const { networks } = await engine.inspectContainer(container.id);
  await engine.connectNetwork(to, container.id, networks[from]?.endpoint ?? {});
  await engine.disconnectNetwork(from, container.id);
}

/**
 * Starts a container. If its networks were pruned, and perhaps created again since, it joins them again.
 * @returns whether it did not run before
 */
export async function startWithNetworks(context: HostContext, container: ContainerSummary): Promise<boolean> {
  const { engine } = context;
  try {
    return await engine.startContainer(container.id);
  } catch (error) {
    if (!(error instanceof NotFound && /network/i.test(error.message))) throw error;
    await rejoinNetworks(context, container);
    return engine.startContainer(container.id);
  }
}

async function rejoinNetworks(context: HostContext, container: ContainerSummary): Promise<void> {
  const { engine, appEnvironment, releases } = context;
  const id = releaseIdOn(container);
  const release = id === undefined ? undefined : releases.get(id);
  await ensureSlotNetworks(engine, appEnvironment);
  if (release !== undefined) await createMissingNetworks(engine, release);
  const { networks } = await engine.inspectContainer(container.id);
  for (const [name, { endpoint }] of Object.entries(networks)) {
    await engine.connectNetwork(name, container.id, endpoint);
  }
}

/** Creates the networks of the base project that are missing, but not those that the Compose file calls external. */
export async function createMissingNetworks(engine: Engine, release: Release): Promise<void> {
  const existing = new Set((await engine.listNetworks([])).map(({ name }) => name));
  const missing = baseObjects(release).networks.filter(({ Name }) => !existing.has(Name));
  await Promise.all(
    missing.map((network) =>
      engine.createNetwork(network).catch((error: unknown) => {
        // Another run has created it in between.
        if (!(error instanceof Conflict)) throw error;
      }),
    ),
  );
}
