import { createHash } from 'node:crypto';
import type { AppEnvironment } from '../model/app-environment.ts';
import { canonicalJson } from '../model/json.ts';
import type { PublishedPort, RouteProtocol, TrustedProxies, Upstream } from '../model/route.ts';
import { publishedAddress } from '../model/route-matching.ts';

/** What the container of an app's edge depends on. Any change needs a new container, since its published ports can't change. */
export interface EdgeSpec extends AppEnvironment {
  readonly routes: readonly EdgeRoute[];
  readonly trustedProxies?: TrustedProxies | undefined;
}

export interface EdgeRoute {
  readonly id: string;
  readonly published: readonly PublishedPort[];
  /** Whether the host's front sends requests for domains to it. */
  readonly socket: boolean;
  readonly protocol?: RouteProtocol;
  /** Where proxies of the Compose file reach it; left out: nowhere. */
  readonly upstream?: Upstream | undefined;
}

/** Increased when a container of an earlier version can't continue, because its mounts, ports or config differ. The planner
 * compares it: it is the part of a fingerprint before the dash. */
const EDGE_LAYOUT_VERSION = 4;
const FIRST_PORT = 8000;

/** Equal for two specs if one edge can serve both: the ports, routes, sockets, trusted proxies and layout count, the version of the image does not. */
export function edgeFingerprint(spec: EdgeSpec): string {
  const routes = sortedRoutes(spec).map(({ id, published, socket, protocol, upstream }) => [
    id,
    published.map(publishedAddress).sort(),
    socket,
    ...(protocol === undefined ? [] : [protocol]),
    ...(upstream === undefined ? [] : [canonicalJson(upstream)]),
  ]);
  const { trustedProxies } = spec;
  const content = trustedProxies === undefined ? routes : { routes, trustedProxies };
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `${EDGE_LAYOUT_VERSION}-${digest.slice(0, 16)}`;
}

/** The routes, each with the port on which the edge listens in its container. */
export function routesWithPorts(spec: EdgeSpec): readonly (EdgeRoute & { readonly port: number })[] {
  const taken = new Set(spec.routes.map(({ upstream }) => upstream?.port));
  let next = FIRST_PORT;
  return sortedRoutes(spec).map((route) => {
    while (taken.has(next)) next += 1;
    return { ...route, port: next++ };
  });
}

function sortedRoutes({ routes }: EdgeSpec): readonly EdgeRoute[] {
  return [...routes].sort((one, other) => (one.id < other.id ? -1 : 1));
}
