import type { ContainerSummary, Engine, Labels, ObjectSpec } from '../engine/engine.ts';
import {
  type AppEnvironment,
  baseProject,
  LABEL,
  labelsOf,
  SLOTS,
  slotNetwork,
} from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { EdgeState } from '../model/host.ts';
import { caddyContainerSpec, waitForCaddy } from './caddy-container.ts';
import { returnSockets } from './edge-sockets.ts';
import { type EdgeSpec, edgeFingerprint, routesWithPorts } from './edge-spec.ts';
import type { FindAddresses } from './initial-files.ts';
import {
  APP_VOLUME_MOUNT,
  EDGE_FOLDER,
  FRONT_MOUNT,
  FRONT_VOLUME,
  SOCKETS_FOLDER,
  stateVolume,
} from './layout.ts';
import { ensureSlotNetworks, ensureStateVolume, labelFilters } from './networks.ts';
import { removeEdgeContainers, replaceEdges } from './replace-edge.ts';
import { type UpstreamAddresses, upstreamAddresses, upstreamEndpoints, upstreamLabels } from './upstreams.ts';

/** The container of an app's edge. There is one, except while a new one replaces the former one. */

const edgeLabels = (app: AppEnvironment): Labels => ({ ...labelsOf(app), [LABEL.role]: 'edge' });

/** Reads the state of an app's edge from the engine. */
export async function observeEdge(engine: Engine, app: AppEnvironment): Promise<EdgeState> {
  return edgeState(await listEdges(engine, app));
}

/** The edges among an app's containers. */
export const edgeContainers = (containers: readonly ContainerSummary[]): readonly ContainerSummary[] =>
  containers.filter((container) => container.labels[LABEL.role] === 'edge');

/** The state of the edge among an app's containers. If an interrupted replacement left two edges, the running one counts. */
export function edgeState(containers: readonly ContainerSummary[]): EdgeState {
  const edges = edgeContainers(containers);
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
 * the same port, nothing answers there for about a second. If the new edge can't start, the former one serves as before. From its
 * first request on, the new edge knows the releases that have the traffic.
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
  const matching = found.find(
    ({ state, labels }) => state === 'running' && labels[LABEL.edge] === fingerprint,
  );
  if (matching !== undefined) {
    await waitForCaddy(engine, matching.id);
    const others = found.filter((edge) => edge !== matching);
    // A replacement of this edge may have been interrupted.
    if (others.length > 0) await returnSockets(engine, spec, matching.id);
    await removeEdgeContainers(engine, others);
    return matching.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  // A stopped one with the same routes is replaced too: its networks may have been pruned, and its image may be older.
  const name = unusedEdgeName(spec, found);
  const config = configFile(spec, name);
  const addresses = await upstreamAddresses(engine, spec);
  const id = await engine.createContainer(name, edgeContainerSpec(spec, image, config, addresses));
  await replaceEdges(engine, found, { id, spec, config, addresses }, findAddresses);
  return id;
}

/** Removes an app's edge. Its state stays in the volume, and its networks stay for the releases on them. */
export async function removeEdge(engine: Engine, app: AppEnvironment): Promise<void> {
  const edges = await listEdges(engine, app);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}

/** `<app>-<environment>-edge`, or with `-2`, `-3`, … if another edge has this name. */
function unusedEdgeName(app: AppEnvironment, others: readonly ContainerSummary[]): string {
  const first = `${baseProject(app)}-edge`;
  const taken = new Set(others.map(({ name }) => name));
  let name = first;
  for (let number = 2; taken.has(name); number += 1) name = `${first}-${number}`;
  return name;
}

/** Each edge of an app has its own config: one that is started again must not read that of an edge which was to replace it. */
const configFile = (app: AppEnvironment, name: string): string =>
  `${name.slice(baseProject(app).length + 1)}.json`;

/** Pure. */
export function edgeContainerSpec(
  spec: EdgeSpec,
  image: string,
  config = 'edge.json',
  addresses: UpstreamAddresses = new Map(),
): ObjectSpec {
  const sockets = spec.routes.some((route) => route.socket);
  const published = routesWithPorts(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: `${EDGE_FOLDER}/${config}`,
    scratch: SOCKETS_FOLDER,
    labels: { ...upstreamLabels(spec), ...edgeLabels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: {
      ...Object.fromEntries(SLOTS.map((slot) => [slotNetwork(spec, slot), {}])),
      ...upstreamEndpoints(spec, addresses),
    },
    volumes: { [stateVolume(spec)]: APP_VOLUME_MOUNT, ...(sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {}) },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published])),
  });
}

/** @throws HostError when the edge does not run */
export function runningEdgeId(engine: Engine, state: EdgeState): string {
  if (state.state === 'running') return state.containerId;
  throw new HostError(
    engine.host,
    `the edge is ${state.state}, so traffic can't be moved. Deploy again: a deploy creates or starts it.`,
  );
}
