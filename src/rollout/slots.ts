import { ensureSlotNetworks } from '../edge/networks.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';
import { type AppEnvironment, LABEL, otherSlot, SLOTS, type Slot, slotNetwork } from '../model/release.ts';
import { createMissingNetworks } from './accessories.ts';
import type { HostContext } from './host-context.ts';

/** In which slot containers stand, and how those that are stopped come into the other one. */

/** The slot whose network a container is on; `undefined`: on none, as with `network_mode`, or half-way from one to the other. */
export function slotOf(appEnvironment: AppEnvironment, networks: readonly string[]): Slot | undefined {
  const on = SLOTS.filter((slot) => networks.includes(slotNetwork(appEnvironment, slot)));
  return on.length === 1 ? on[0] : undefined;
}

/** The slot of containers that belong together; `undefined` when they are not all in one. Those on neither are in none. */
export function commonSlot(
  appEnvironment: AppEnvironment,
  containers: readonly (readonly string[])[],
): Slot | undefined {
  return slotOf(appEnvironment, containers.flat());
}

/** Whether nothing runs in a container: only then does the engine take other networks for its next start. */
export function isStopped({ state }: { readonly state: string }): boolean {
  return state === 'exited' || state === 'created' || state === 'dead';
}

/**
 * Brings containers of a release into a slot, with the names that they had in the other one. Networks of a running container
 * are never changed: what runs in the wrong slot, which nobody asks there, is stopped before.
 */
export async function moveToSlot(
  context: HostContext,
  containers: readonly ContainerSummary[],
  slot: Slot,
): Promise<void> {
  const former = slotNetwork(context.appEnvironment, otherSlot(slot));
  const wrong = containers.filter(({ networks }) => networks.includes(former));
  if (wrong.length === 0) return;
  await ensureSlotNetworks(context.engine, context.appEnvironment);
  await Promise.all(
    wrong.map((container) =>
      moveContainer(context, container, former, slotNetwork(context.appEnvironment, slot)),
    ),
  );
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
    await engine.stopContainer(container.id);
  }
  // First there, then away: one that is killed in between still knows its names.
  const { networks } = await engine.inspectContainer(container.id);
  await engine.connectNetwork(to, container.id, networks[from]?.endpoint ?? {});
  await engine.disconnectNetwork(from, container.id);
}

/** Starts a container; where its networks were pruned and perhaps made again meanwhile, it is joined to them anew. */
export async function startWithNetworks(context: HostContext, container: ContainerSummary): Promise<void> {
  try {
    await context.engine.startContainer(container.id);
  } catch (error) {
    if (!(error instanceof NotFound && /network/i.test(error.message))) throw error;
    await rejoinNetworks(context, container);
    await context.engine.startContainer(container.id);
  }
}

async function rejoinNetworks(context: HostContext, container: ContainerSummary): Promise<void> {
  const { engine } = context;
  const { [LABEL.release]: id = '' } = container.labels;
  const release = context.releases.get(id);
  await ensureSlotNetworks(engine, context.appEnvironment);
  if (release !== undefined) await createMissingNetworks(context, release);
  const { networks } = await engine.inspectContainer(container.id);
  for (const [name, { endpoint }] of Object.entries(networks)) {
    await engine.connectNetwork(name, container.id, endpoint);
  }
}
