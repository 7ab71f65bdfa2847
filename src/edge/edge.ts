import type { ContainerSummary, Engine, ObjectSpec } from '../engine/engine.ts';
import {
  type AppEnvironment,
  baseProject,
  LABEL,
  labelsOf,
  OWN_ROLE,
  SLOTS,
  slotNetwork,
} from '../model/app-environment.ts';
import type { EdgeImages } from '../model/deploy-options.ts';
import { HostError } from '../model/errors.ts';
import type { EdgeState } from '../model/host.ts';
import { caddyContainerSpec, waitForCaddy } from './caddy-container.ts';
import { edgeConfig } from './edge-config.ts';
import { returnSockets } from './edge-sockets.ts';
import {
  caddyFingerprint,
  type EdgeSpec,
  httpRoutes,
  joinFingerprints,
  type RouteWithPort,
  tcpFingerprint,
  tcpRoutes,
} from './edge-spec.ts';
import type { FindAddresses, NewContainer } from './initial-files.ts';
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
import { tcpEdgeFiles } from './tcp-edge-config.ts';
import { isTcpEdge, tcpEdgeContainerSpec, waitForTcpEdge } from './tcp-edge-container.ts';
import { type UpstreamAddresses, upstreamAddresses, upstreamEndpoints, upstreamLabels } from './upstreams.ts';

/**
 * The containers of an app's edge: Caddy, and the TCP edge if something is passed through. There is one of each, except while a new
 * one replaces the former one.
 */

const EDGE_ROLES: readonly string[] = [OWN_ROLE.edge, OWN_ROLE.tcpEdge];

const isRunningEdge = ({ state }: ContainerSummary): boolean => state === 'running';

/** Reads the state of an app's edge from the engine. */
export async function observeEdge(engine: Engine, app: AppEnvironment): Promise<EdgeState> {
  return edgeState(await listEdges(engine, app));
}

/** The edges among an app's containers, TCP edges too. */
export const edgeContainers = (containers: readonly ContainerSummary[]): readonly ContainerSummary[] =>
  containers.filter(({ labels }) => EDGE_ROLES.includes(labels[LABEL.role] ?? ''));

/**
 * The state of the edge among an app's containers: it runs if Caddy does, and the TCP edge if there is one. If an interrupted
 * replacement left two of a kind, the running one counts.
 */
export function edgeState(containers: readonly ContainerSummary[]): EdgeState {
  const edges = edgeContainers(containers);
  const [edge, tcpEdge] = [false, true].map((isTcp) => {
    const all = edges.filter((each) => isTcpEdge(each) === isTcp);
    return all.find(isRunningEdge) ?? all[0];
  });
  if (edge === undefined) return { state: 'absent' };
  const runs = [edge, ...(tcpEdge === undefined ? [] : [tcpEdge])].every(isRunningEdge);
  return {
    state: runs ? 'running' : 'stopped',
    containerId: edge.id,
    ...(tcpEdge !== undefined && isRunningEdge(tcpEdge) ? { tcpEdgeId: tcpEdge.id } : {}),
    fingerprint: joinFingerprints(edge.labels[LABEL.edge] ?? '', tcpEdge?.labels[LABEL.edge]),
  };
}

const listEdges = async (engine: Engine, app: AppEnvironment): Promise<readonly ContainerSummary[]> =>
  edgeContainers(await engine.listContainers(labelFilters(labelsOf(app))));

/**
 * Makes sure that an edge for `spec` runs and answers. What of it is stopped, or is for other ports, is replaced. If a former and a
 * new container need the same port, nothing answers there for about a second. If a new one can't start, the former ones serve as
 * before. From its first request on, the new edge knows the releases that have the traffic.
 *
 * @param images must be on the host already
 * @param findAddresses `undefined`: no release has traffic, and files of a former edge are overwritten
 * @param warn is told what of former edges could not be cleared away
 * @returns the id of Caddy's container
 * @throws HostError when a port is taken, naming its holder, or when Caddy or HAProxy does not start
 */
export async function ensureEdge(
  engine: Engine,
  spec: EdgeSpec,
  images: EdgeImages,
  findAddresses: FindAddresses | undefined,
  warn: (message: string) => void = () => undefined,
): Promise<string> {
  const found = await listEdges(engine, spec);
  const kept = (role: string, fingerprint: string | undefined): ContainerSummary | undefined =>
    found.find(
      (each) =>
        isRunningEdge(each) && each.labels[LABEL.role] === role && each.labels[LABEL.edge] === fingerprint,
    );
  const caddy = kept(OWN_ROLE.edge, caddyFingerprint(spec));
  const tcp = tcpFingerprint(spec);
  const tcpEdge = tcp === undefined ? undefined : kept(OWN_ROLE.tcpEdge, tcp);
  const former = found.filter((each) => each !== caddy && each !== tcpEdge);
  if (caddy !== undefined && (tcp === undefined || tcpEdge !== undefined)) {
    await waitForCaddy(engine, caddy.id);
    if (tcpEdge !== undefined) await waitForTcpEdge(engine, tcpEdge.id);
    // A replacement of this edge may have been interrupted.
    if (former.length > 0) await returnSockets(engine, spec, caddy.id);
    await removeEdgeContainers(engine, former);
    return caddy.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  // A stopped one with the same routes is replaced too: its networks may have been pruned, and its image may be older.
  const addresses = await upstreamAddresses(engine, spec);
  const created: NewContainer[] = [];
  if (caddy === undefined) {
    const name = unusedName(spec, isClosed(spec) ? 'edge-closed' : 'edge', found);
    const config = `${configName(spec, name)}.json`;
    const container = edgeContainerSpec(spec, images.edgeImage, config, addresses);
    created.push({
      id: await engine.createContainer(name, container),
      ports: hostPortsOf(httpRoutes(spec)),
      networks: Object.keys(upstreamEndpoints(spec, addresses)),
      files: new Map([[config, JSON.stringify(edgeConfig(spec, addresses))]]),
      wait: waitForCaddy,
      servesSockets: spec.routes.some(({ socket }) => socket),
    });
  }
  if (tcp !== undefined && tcpEdge === undefined) {
    const name = unusedName(spec, 'edge-tcp', found);
    const config = `${configName(spec, name)}.cfg`;
    const labels = { ...labelsOf(spec), [LABEL.role]: OWN_ROLE.tcpEdge, [LABEL.edge]: tcp };
    const container = tcpEdgeContainerSpec(spec, images.tcpEdgeImage, config, labels);
    created.push({
      id: await engine.createContainer(name, container),
      ports: hostPortsOf(tcpRoutes(spec)),
      networks: [],
      files: tcpEdgeFiles(spec, config),
      wait: waitForTcpEdge,
      servesSockets: false,
    });
  }
  const caddyId = caddy?.id ?? created[0]?.id ?? '';
  await replaceEdges(engine, former, { spec, caddyId, created }, findAddresses, warn);
  return caddyId;
}

/** Nobody reaches it: it is replaced when it opens, by one that has the usual name. One without a route to open stays. */
function isClosed(spec: EdgeSpec): boolean {
  const routes = httpRoutes(spec);
  return (
    routes.length > 0 &&
    routes.every(
      ({ published, socket, upstream }) => published.length === 0 && !socket && upstream === undefined,
    )
  );
}

const hostPortsOf = (routes: readonly RouteWithPort[]): readonly number[] =>
  routes.flatMap(({ published }) => published.map(({ port }) => port));

/** Removes an app's edge. Its state stays in the volume, and its networks stay for the releases on them. */
export async function removeEdge(engine: Engine, app: AppEnvironment): Promise<void> {
  const edges = await listEdges(engine, app);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}

/** `<app>-<environment>-<kind>`, or with `-2`, `-3`, … if another edge has this name. */
function unusedName(app: AppEnvironment, kind: string, others: readonly ContainerSummary[]): string {
  const first = `${baseProject(app)}-${kind}`;
  const taken = new Set(others.map(({ name }) => name));
  let name = first;
  for (let number = 2; taken.has(name); number += 1) name = `${first}-${number}`;
  return name;
}

/** Each edge of an app has its own config: one that is started again must not read that of an edge which was to replace it. */
const configName = (app: AppEnvironment, name: string): string => name.slice(baseProject(app).length + 1);

/** Pure. */
export function edgeContainerSpec(
  spec: EdgeSpec,
  image: string,
  config = 'edge.json',
  addresses: UpstreamAddresses = new Map(),
): ObjectSpec {
  const sockets = spec.routes.some((route) => route.socket);
  const published = httpRoutes(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: `${EDGE_FOLDER}/${config}`,
    scratch: SOCKETS_FOLDER,
    labels: {
      ...upstreamLabels(spec),
      ...labelsOf(spec),
      [LABEL.role]: OWN_ROLE.edge,
      [LABEL.edge]: caddyFingerprint(spec),
    },
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
