import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { EdgeState } from '../model/host.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf, SLOTS, slotNetwork } from '../model/release.ts';
import { caddyContainerSpec, waitForCaddy } from './caddy-container.ts';
import { drainSlot } from './drain.ts';
import { type EdgeSpec, edgeFingerprint, routesWithPorts } from './edge-config.ts';
import { type FindAddresses, writeEdgeFiles } from './initial-files.ts';
import {
  APP_VOLUME_MOUNT,
  CONFIG_FILE,
  FRONT_MOUNT,
  FRONT_VOLUME,
  SOCKETS_FOLDER,
  stateVolume,
} from './layout.ts';
import { ensureSlotNetworks, ensureStateVolume, labelFilters } from './networks.ts';
import { explainTakenPort } from './taken-port.ts';

/** The edge of an app and environment as a container. There is one, except for the moment in which one replaces another. */

const edgeLabels = (appEnvironment: AppEnvironment): Readonly<Record<string, string>> => ({
  ...labelsOf(appEnvironment),
  [LABEL.role]: 'edge',
});

/** Looks for an app's edge. */
export async function observeEdge(engine: Engine, appEnvironment: AppEnvironment): Promise<EdgeState> {
  return edgeState(await listEdges(engine, appEnvironment));
}

/** The edge among containers; where a replacement was cut short and left two, the one that runs. */
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

const listEdges = (engine: Engine, appEnvironment: AppEnvironment): Promise<readonly ContainerSummary[]> =>
  engine.listContainers(labelFilters(edgeLabels(appEnvironment)));

/**
 * Sees to it that the edge for `spec` runs and answers: one that is right is started where it stands still, one for other
 * ports is replaced; where both need the same port, nothing answers there for about a second. If the new one can't start,
 * the former one runs again. Its first request already finds the releases that have the traffic.
 *
 * @param image must be on the host already
 * @param findAddresses `undefined`: nothing has traffic, and what a former edge left is forgotten
 * @returns the container's id
 * @throws HostError when a port is taken, naming it and its holder, or when Caddy does not come up
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
    await waitForCaddy(engine, matching.id, `The edge ${matching.name}`);
    await removeEdgeContainers(engine, others);
    return matching.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  // One that stands still is made anew as well: its networks may have been pruned, and its image be an older one.
  if (matching !== undefined) await engine.removeContainer(matching.id, { force: true });
  const name = freeEdgeName(spec, others);
  const id = await engine.createContainer(name, edgeContainerSpec(spec, image));
  await replaceEdges(engine, spec, { id, name, whereStands: findAddresses }, others);
  return id;
}

/** Milliseconds; a stream that lasts longer is cut when an edge is replaced. */
const REPLACED_EDGE_DRAIN_TIMEOUT = 10_000;

async function replaceEdges(
  engine: Engine,
  spec: EdgeSpec,
  {
    id,
    name,
    whereStands: findAddresses,
  }: { readonly id: string; readonly name: string; readonly whereStands: FindAddresses | undefined },
  others: readonly ContainerSummary[],
): Promise<void> {
  const runningEdges = others.filter((edge) => edge.state === 'running');
  const ports = spec.routes.flatMap(({ published }) => published.map(({ port }) => port));
  // Without a port in common both can run for a moment: the new one takes the sockets over, and nothing is cut off.
  const canRunSideBySide = !runningEdges.some((edge) => edge.ports.some(({ port }) => ports.includes(port)));
  try {
    await writeEdgeFiles(engine, id, spec, findAddresses);
    if (!canRunSideBySide) for (const edge of runningEdges) await engine.stopContainer(edge.id);
    await engine.startContainer(id);
    await waitForCaddy(engine, id, `The edge ${name}`);
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    throw await restoreEdges(engine, runningEdges, id, await explainPortError(engine, error, ports));
  }
  if (canRunSideBySide) for (const edge of runningEdges) await drainEdge(engine, edge);
  await removeEdgeContainers(engine, others);
}

/** The explanation is asked of the engine; where that fails as well, the error speaks for itself. */
async function explainPortError(engine: Engine, error: unknown, ports: readonly number[]): Promise<unknown> {
  return explainTakenPort(engine, error, ports).catch(() => error);
}

/**
 * Takes the new edge away and lets each former one serve again, whatever fails of the others.
 * @returns `why`, with what could not be brought back
 */
async function restoreEdges(
  engine: Engine,
  runningEdges: readonly ContainerSummary[],
  id: string,
  why: unknown,
): Promise<unknown> {
  const failures: string[] = [];
  for (const step of [
    () => engine.removeContainer(id, { force: true }),
    ...runningEdges.map((edge) => () => restartEdge(engine, edge)),
  ]) {
    await step().catch((error: unknown) => failures.push(messageWithoutHost(engine.host, error)));
  }
  if (failures.length === 0) return why;
  const message = `${messageWithoutHost(engine.host, why)} And what was before could not be put back: ${failures.join(' · ')}`;
  return new HostError(engine.host, message, { cause: why });
}

/** Stopped first in any case: a new edge may have taken its sockets before it failed. */
async function restartEdge(engine: Engine, edge: ContainerSummary): Promise<void> {
  await engine.stopContainer(edge.id);
  await engine.startContainer(edge.id);
  await waitForCaddy(engine, edge.id, `The former edge ${edge.name}`);
}

/** Waits for what an edge is still answering while another one has taken its place; then it can be killed. */
async function drainEdge(engine: Engine, edge: ContainerSummary): Promise<void> {
  for (const slot of SLOTS) await drainSlot(engine, edge.id, slot, REPLACED_EDGE_DRAIN_TIMEOUT);
}

/** Removes an app's edge; its state stays in the volume, its networks with the releases on them. */
export async function removeEdge(engine: Engine, appEnvironment: AppEnvironment): Promise<void> {
  const edges = await listEdges(engine, appEnvironment);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}

async function removeEdgeContainers(engine: Engine, edges: readonly ContainerSummary[]): Promise<void> {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}

/** `<app>-<environment>-edge`; while that one is being replaced, the new one's name ends in `-2`. */
function freeEdgeName(appEnvironment: AppEnvironment, others: readonly ContainerSummary[]): string {
  const name = `${baseProject(appEnvironment)}-edge`;
  return others.some((edge) => edge.name === name) ? `${name}-2` : name;
}

/** The spec of an edge's container. Pure. */
export function edgeContainerSpec(spec: EdgeSpec, image: string): Readonly<Record<string, unknown>> {
  const sockets = spec.routes.some((route) => route.socket);
  const published = routesWithPorts(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: CONFIG_FILE,
    scratch: SOCKETS_FOLDER,
    labels: { ...edgeLabels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: SLOTS.map((slot) => slotNetwork(spec, slot)),
    volumes: { [stateVolume(spec)]: APP_VOLUME_MOUNT, ...(sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {}) },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published])),
  });
}

/** @throws HostError when no edge runs for the app. */
export function runningEdgeId(engine: Engine, state: EdgeState): string {
  if (state.state === 'running') return state.containerId;
  throw new HostError(engine.host, `the edge is ${state.state}, so traffic can't be moved.`);
}
