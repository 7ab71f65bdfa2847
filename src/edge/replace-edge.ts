import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import { waitForCaddy } from './caddy-container.ts';
import { forgetSockets, keepSockets, returnSockets } from './edge-sockets.ts';
import { type FindAddresses, type NewEdge, writeEdgeFiles } from './initial-files.ts';
import { retireEdges } from './retire-edges.ts';
import { explainTakenPort } from './taken-port.ts';
import { isTcpEdge, waitForTcpEdge } from './tcp-edge-container.ts';

/**
 * A new edge takes the place of the former ones. If it fails, they serve as before:
 *
 * - One that shares no port with it runs on beside it, and is never stopped. It gets back the sockets that the new one took.
 * - One that shares a port or an upstream's address stops first, and is started again.
 *
 * A container is removed only after another one was seen to serve in its place.
 */

/** How often a stopped edge is started again, and the milliseconds between: a port may take a moment to be free. */
const RESTART_TRIES = 3;
const RESTART_INTERVAL = 1_000;

/**
 * @param warn is told what of the former ones could not be cleared away: visitors do not notice
 * @throws HostError why the new edge does not serve; then the former ones do, or the error says which does not
 */
export async function replaceEdges(
  engine: Engine,
  former: readonly ContainerSummary[],
  edge: NewEdge,
  findAddresses: FindAddresses | undefined,
  warn: (message: string) => void,
): Promise<void> {
  const { spec, created } = edge;
  const ports = created.flatMap((each) => each.ports);
  const networks = created.flatMap((each) => each.networks);
  const running = former.filter(({ state }) => state === 'running');
  const inTheWay = running.filter(
    (each) =>
      each.ports.some(({ port }) => ports.includes(port)) ||
      each.networks.some((name) => networks.includes(name)),
  );
  const beside = running.filter((each) => !inTheWay.includes(each));
  const losesSockets = created.some(({ servesSockets }) => servesSockets)
    ? beside.filter((each) => !isTcpEdge(each))
    : [];
  const stopped: ContainerSummary[] = [];
  try {
    await writeEdgeFiles(engine, edge, findAddresses);
    for (const each of losesSockets) await keepSockets(engine, spec, each.id);
    for (const each of inTheWay) {
      stopped.push(each);
      await engine.stopContainer(each.id);
    }
    for (const { id } of created) await engine.startContainer(id);
    for (const { id, wait } of created) await wait(engine, id);
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    // The explanation needs the engine; if that fails too, the original error counts.
    const explained = await explainTakenPort(engine, error, ports).catch(() => error);
    throw await restoreEdges(engine, edge, stopped, losesSockets, explained);
  }
  await retireEdges(engine, former, beside, warn);
  if (losesSockets.length > 0) await forgetSockets(engine, spec, edge.caddyId);
}

/**
 * Brings the former edges back, each even if another one fails, and removes the new ones when they serve.
 *
 * @param stopped edges to start again
 * @param beside edges that run, and whose sockets the new one may have taken
 * @returns `cause`, with what could not be restored
 */
async function restoreEdges(
  engine: Engine,
  { created, spec }: NewEdge,
  stopped: readonly ContainerSummary[],
  beside: readonly ContainerSummary[],
  cause: unknown,
): Promise<unknown> {
  const failures: string[] = [];
  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    await action().catch((error: unknown) =>
      failures.push(`${what}: ${messageWithoutHost(engine.host, error)}`),
    );
  };
  // The new ones let go of their ports and sockets. They are not removed yet.
  if (stopped.length + beside.length > 0)
    for (const { id } of created)
      await attempt('The new edge could not be stopped', () => engine.stopContainer(id, 0));
  for (const each of beside)
    await attempt(`The former edge ${each.name} could not get its sockets back`, async () => {
      await returnSockets(engine, spec, each.id);
      await waitForCaddy(engine, each.id);
    });
  for (const each of stopped)
    await attempt(
      `The former edge could not be restored. When the cause is gone, "docker start ${each.name}" on the host starts it`,
      () => restartEdge(engine, each),
    );
  // A restart of the engine starts the former edge again, and the new ones must not be in its way.
  const isRestored = failures.length === 0;
  for (const { id } of created)
    if (isRestored)
      await attempt('The new edge could not be removed', () => engine.removeContainer(id, { force: true }));
    else await engine.setRestartPolicy(id, { name: 'no', maxRetries: 0 }).catch(() => undefined);
  if (failures.length === 0) return cause;
  const message = `${messageWithoutHost(engine.host, cause)} ${failures.join(' · ')}`;
  return new HostError(engine.host, message, { cause });
}

/** Starts a stopped edge and waits until it serves. */
async function restartEdge(engine: Engine, edge: ContainerSummary): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await engine.startContainer(edge.id);
      return await (isTcpEdge(edge) ? waitForTcpEdge : waitForCaddy)(engine, edge.id);
    } catch (error) {
      if (tries === RESTART_TRIES || engine.disconnected.aborted) throw error;
      await pause(RESTART_INTERVAL);
    }
  }
}

export async function removeEdgeContainers(
  engine: Engine,
  edges: readonly ContainerSummary[],
): Promise<void> {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}
