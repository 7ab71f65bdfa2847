import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { SLOTS } from '../model/app-environment.ts';
import { messageWithoutHost } from '../model/errors.ts';
import { drainConnections, drainSlot } from './drain.ts';
import { isTcpEdge } from './tcp-edge-container.ts';

/** Milliseconds; a longer stream is cut off when its edge is replaced. */
const REPLACED_EDGE_DRAIN_TIMEOUT = 10_000;

/**
 * Drains and removes edges whose successor serves. What fails of that is told and no more: the next run removes what is left.
 *
 * @param running those that run beside the new one
 * @throws HostError if the connection to the host is lost
 */
export async function retireEdges(
  engine: Engine,
  former: readonly ContainerSummary[],
  running: readonly ContainerSummary[],
  warn: (message: string) => void,
): Promise<void> {
  const attempt = async (what: string, action: () => Promise<void>): Promise<boolean> => {
    try {
      await action();
      return true;
    } catch (error) {
      if (engine.disconnected.aborted) throw error;
      warn(`${engine.host}: ${what}: ${messageWithoutHost(engine.host, error)}`);
      return false;
    }
  };
  for (const edge of running)
    await attempt(`the former edge ${edge.name} could not be drained, so what it answers is cut off`, () =>
      drainFormer(engine, edge),
    );
  for (const { id, name } of former) {
    const isGone = await attempt(
      `the former edge ${name} could not be removed; the next run tries again`,
      () => engine.removeContainer(id, { force: true }),
    );
    // After a restart of the engine it would be in the way.
    if (!isGone) await engine.setRestartPolicy(id, { name: 'no', maxRetries: 0 }).catch(() => undefined);
  }
}

/** A longer stream or connection is cut off. */
async function drainFormer(engine: Engine, edge: ContainerSummary): Promise<void> {
  if (isTcpEdge(edge)) await drainConnections(engine, edge.id, undefined, REPLACED_EDGE_DRAIN_TIMEOUT);
  else for (const slot of SLOTS) await drainSlot(engine, edge.id, slot, REPLACED_EDGE_DRAIN_TIMEOUT);
}
