import { createHash } from 'node:crypto';
import { type AppEnvironment, type PublishedPort, SLOTS } from '../model/release.ts';
import { publishedAddress } from '../model/route-matching.ts';
import { adminConfig, type CaddyJson } from './caddy.ts';
import { innerServer } from './layout.ts';
import { probeServer } from './probe-server.ts';
import { publicServer } from './public-server.ts';
import { slotServer } from './slot-server.ts';

/** What an app's edge is made for. A change of it needs a new container, since published ports can't change. */
export interface EdgeSpec extends AppEnvironment {
  readonly routes: readonly EdgeRoute[];
}

export interface EdgeRoute {
  readonly id: string;
  readonly published: readonly PublishedPort[];
  /** Whether the host's front leads domains to it. */
  readonly socket: boolean;
}

/** Counts up when a container made by an earlier version of this file can't go on: its mounts, ports or config are others. The
 * planner knows it by what stands before the dash of a fingerprint. */
const EDGE_LAYOUT_VERSION = 3;
const FIRST_PORT = 8000;

/** What decides whether an edge that is found can stay: its ports, routes, sockets and layout; not the version of its image. */
export function edgeFingerprint(spec: EdgeSpec): string {
  const routes = sortedRoutes(spec.routes).map(({ id, published, socket }) => [
    id,
    published.map(publishedAddress).sort(),
    socket,
  ]);
  const digest = createHash('sha256').update(JSON.stringify(routes)).digest('hex');
  return `${EDGE_LAYOUT_VERSION}-${digest.slice(0, 16)}`;
}

/** The routes with the port that the edge listens on for each, inside its container. */
export function routesWithPorts(spec: EdgeSpec): readonly (EdgeRoute & { readonly port: number })[] {
  return sortedRoutes(spec.routes).map((route, index) => ({ ...route, port: FIRST_PORT + index }));
}

function sortedRoutes(routes: readonly EdgeRoute[]): readonly EdgeRoute[] {
  return [...routes].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/**
 * The edge's whole config. It never changes while the container lives: a reload would drop requests that were accepted and
 * not yet read. What changes, it reads from small files with each request: which slot, and which containers.
 */
export function edgeConfig(spec: EdgeSpec): CaddyJson {
  const routes = routesWithPorts(spec);
  const servers = [
    ...routes.map((route) => [`public.${route.id}`, publicServer(spec, route)] as const),
    ...routes.flatMap(({ id }) =>
      SLOTS.map((slot) => [innerServer(slot, id), slotServer(slot, id)] as const),
    ),
    ['probe', probeServer] as const,
  ];
  return { admin: adminConfig, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}
