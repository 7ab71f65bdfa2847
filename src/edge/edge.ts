import type { ContainerSummary, Engine, Labels, ObjectSpec } from '../engine/engine.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { EdgeState } from '../model/host.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf, SLOTS, slotNetwork } from '../model/release.ts';
import { caddyContainerSpec, waitForCaddy } from './caddy-container.ts';
import { drainSlot } from './drain.ts';
import { type EdgeSpec, edgeFingerprint, routesWithPorts } from './edge-spec.ts';
import { type FindAddresses, writeEdgeFiles } from './initial-files.ts';
import {
  APP_VOLUME_MOUNT,
  CONFIG_FILE,
  EDGE_FOLDER,
  FRONT_MOUNT,
  FRONT_VOLUME,
  SOCKETS_FOLDER,
  stateVolume,
} from './layout.ts';
import { ensureSlotNetworks, ensureStateVolume, labelFilters } from './networks.ts';
import { explainTakenPort } from './taken-port.ts';

/** The container of an app's edge. There is one, except while a new one replaces the former one. */

const edgeLabels = (app: AppEnvironment): Labels => ({ ...labelsOf(app), [LABEL.role]: 'edge' });

/** Reads the state of an app's edge from the engine. */
export async function observeEdge(engine: Engine, app: AppEnvironment): Promise<EdgeState> {
  return edgeState(await listEdges(engine, app));
}

/** The state of the edge among an app's containers. If an interrupted replacement left two edges, the running one counts. */
export function edgeState(containers: readonly ContainerSummary[]): EdgeState {
  const edges = containers.filter((container) => container.labels[LABEL.role] === 'edge');
  const edge = edges.find((container) => container.state === 'running') ?? edges[0];
  if (edge === undefined) return { state: 'absent' };
  return {
    state: edge.state === 'running' ? 'running' : 'stopped',
    containerId: edge.id,
    fingerprint: edge.labels[LABEL.edge] ?? '',
  };
}

const listEdges = (engine: Engine, app: AppEnvironment): Promise<readonly ContainerSummary[]> =>
  engine.listContainers(labelFilters(edgeLabels(app)));

/**
 * Makes sure that an edge for `spec` runs and answers. A stopped edge, or one for other ports, is replaced. If both edges need
 * the same port, nothing answers there for about a second. If the new edge can't start, the former one runs again. From its first
 * request on, the new edge knows the releases that have the traffic.
 *
 * @param image must be on the host already
 * @param findAddresses `undefined`: no release has traffic, and files of a former edge are overwritten
 * @returns the container's id
 * @throws HostError when a port is taken, naming its holder, or when Caddy does not start
 */
export async function ensureEdge(
  engine: Engine,
  spec: EdgeSpec,
  image: string,
  findAddresses: FindAddresses | undefined,
): Promise<string> {
  const fingerprint = edgeFingerprint(spec);
  const found = await listEdges(engine, spec);
  const matching = found.find((edge) => edge.labels[LABEL.edge] === fingerprint);
  const others = found.filter((edge) => edge !== matching);
  if (matching?.state === 'running') {
    await waitForCaddy(engine, matching.id);
    await removeEdgeContainers(engine, others);
    return matching.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  // A stopped one is created again too: its networks may have been pruned, and its image may be older.
  if (matching !== undefined) await engine.removeContainer(matching.id, { force: true });
  const id = await engine.createContainer(unusedEdgeName(spec, others), edgeContainerSpec(spec, image));
  await replaceEdges(engine, others, id, spec, findAddresses);
  return id;
}

/** Milliseconds; a longer stream is cut off when its edge is replaced. */
const REPLACED_EDGE_DRAIN_TIMEOUT = 10_000;

async function replaceEdges(
  engine: Engine,
  others: readonly ContainerSummary[],
  id: string,
  spec: EdgeSpec,
  findAddresses: FindAddresses | undefined,
): Promise<void> {
  const running = others.filter((edge) => edge.state === 'running');
  const ports = spec.routes.flatMap(({ published }) => published.map(({ port }) => port));
  // Without a common port, both can run: the new one takes the sockets over, and no request is cut off.
  const canRunTogether = !running.some((edge) => edge.ports.some(({ port }) => ports.includes(port)));
  try {
    await writeEdgeFiles(engine, id, spec, findAddresses);
    if (!canRunTogether) for (const edge of running) await engine.stopContainer(edge.id);
    await engine.startContainer(id);
    await waitForCaddy(engine, id);
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    // The explanation needs the engine; if that fails too, the original error counts.
    const explained = await explainTakenPort(engine, error, ports).catch(() => error);
    throw await restoreEdges(engine, running, id, explained);
  }
  if (canRunTogether) {
    for (const edge of running)
      for (const slot of SLOTS) await drainSlot(engine, edge.id, slot, REPLACED_EDGE_DRAIN_TIMEOUT);
  }
  await removeEdgeContainers(engine, others);
}

/**
 * Removes the new edge and restarts each former one, even if some of this fails.
 * @returns `cause`, with what could not be restored
 */
async function restoreEdges(
  engine: Engine,
  former: readonly ContainerSummary[],
  id: string,
  cause: unknown,
): Promise<unknown> {
  const failures: string[] = [];
  for (const step of [
    () => engine.removeContainer(id, { force: true }),
    ...former.map((edge) => () => restartEdge(engine, edge)),
  ]) {
    await step().catch((error: unknown) => failures.push(messageWithoutHost(engine.host, error)));
  }
  if (failures.length === 0) return cause;
  const message = `${messageWithoutHost(engine.host, cause)} The former edge could not be restored: ${failures.join(' · ')}`;
  return new HostError(engine.host, message, { cause });
}

/** Always stops it first: the new edge may have taken its sockets before it failed. */
async function restartEdge(engine: Engine, edge: ContainerSummary): Promise<void> {
  await engine.stopContainer(edge.id);
  await engine.startContainer(edge.id);
  await waitForCaddy(engine, edge.id);
}

/** Removes an app's edge. Its state stays in the volume, and its networks stay for the releases on them. */
export async function removeEdge(engine: Engine, app: AppEnvironment): Promise<void> {
  const edges = await listEdges(engine, app);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}

async function removeEdgeContainers(engine: Engine, edges: readonly ContainerSummary[]): Promise<void> {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}

/** `<app>-<environment>-edge`, with `-2` if the edge to replace has this name. */
function unusedEdgeName(app: AppEnvironment, others: readonly ContainerSummary[]): string {
  const name = `${baseProject(app)}-edge`;
  return others.some((edge) => edge.name === name) ? `${name}-2` : name;
}

/** Pure. */
export function edgeContainerSpec(spec: EdgeSpec, image: string): ObjectSpec {
  const sockets = spec.routes.some((route) => route.socket);
  const published = routesWithPorts(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: `${EDGE_FOLDER}/${CONFIG_FILE}`,
    scratch: SOCKETS_FOLDER,
    labels: { ...edgeLabels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: SLOTS.map((slot) => slotNetwork(spec, slot)),
    volumes: { [stateVolume(spec)]: APP_VOLUME_MOUNT, ...(sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {}) },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published])),
  });
}

/** @throws HostError when the edge does not run */
export function runningEdgeId(engine: Engine, state: EdgeState): string {
  if (state.state === 'running') return state.containerId;
  throw new HostError(engine.host, `the edge is ${state.state}, so traffic can't be moved.`);
}
