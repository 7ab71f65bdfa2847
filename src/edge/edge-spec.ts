import type { AppEnvironment } from '../model/app-environment.ts';
import { canonicalJson } from '../model/json.ts';
import {
  isTcpRoute,
  type PublishedPort,
  type RouteProtocol,
  type TcpProtocol,
  type TrustedProxies,
  type Upstream,
} from '../model/route.ts';
import { publishedAddress } from '../model/route-matching.ts';
import { fingerprintOf } from '../run/fingerprint.ts';

/** What the containers of an app's edge depend on. Any change needs a new container, since its published ports can't change. */
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
  readonly sendProxy?: true;
  /** Where proxies of the Compose file reach it; left out: nowhere. */
  readonly upstream?: Upstream | undefined;
}

/** Increased when a container of an earlier version can't continue, because its mounts, ports or config differ. The planner
 * compares it: it is the part of a fingerprint before the dash. */
const EDGE_LAYOUT_VERSION = 4;
const FIRST_PORT = 8000;

/** The same of a container of the TCP edge. */
const TCP_EDGE_LAYOUT_VERSION = 1;

/**
 * Equal for two specs if one edge can serve both: the ports, routes, sockets, trusted proxies and layout count, the versions of the
 * images do not. It names Caddy's part, and after a `+` that of the TCP edge if there is one.
 */
export function edgeFingerprint(spec: EdgeSpec): string {
  const tcp = tcpFingerprint(spec);
  return tcp === undefined ? caddyFingerprint(spec) : joinFingerprints(caddyFingerprint(spec), tcp);
}

/** The fingerprint of an edge by those of its containers. */
export const joinFingerprints = (caddy: string, tcp: string | undefined): string =>
  tcp === undefined ? caddy : `${caddy}+${tcp}`;

export function caddyFingerprint(spec: EdgeSpec): string {
  const routes = httpRoutes(spec).map(({ id, published, socket, protocol, upstream }) => [
    id,
    published.map(publishedAddress).sort(),
    socket,
    ...(protocol === undefined ? [] : [protocol]),
    ...(upstream === undefined ? [] : [canonicalJson(upstream)]),
  ]);
  const { trustedProxies } = spec;
  const content = trustedProxies === undefined ? routes : { routes, trustedProxies };
  return `${EDGE_LAYOUT_VERSION}-${fingerprintOf(JSON.stringify(content))}`;
}

/** `undefined`: nothing is passed through, and there is no TCP edge. */
export function tcpFingerprint(spec: EdgeSpec): string | undefined {
  const routes = tcpRoutes(spec);
  if (routes.length === 0) return undefined;
  const content = routes.map(({ id, published, sendProxy = false }) => [
    id,
    published.map(publishedAddress).sort(),
    sendProxy,
  ]);
  const text = JSON.stringify({ content, believes: proxyProtocolRanges(spec) });
  return `${TCP_EDGE_LAYOUT_VERSION}-${fingerprintOf(text)}`;
}

/** The ranges of the proxies from which a connection begins with the PROXY protocol. */
export const proxyProtocolRanges = ({ trustedProxies }: EdgeSpec): readonly string[] =>
  trustedProxies?.proxyProtocol === true ? trustedProxies.ranges : [];

/** A route with the port on which its edge listens in its container. */
export type RouteWithPort<R = EdgeRoute> = R & { readonly port: number };

/** The routes of Caddy. */
export const httpRoutes = (spec: EdgeSpec): readonly RouteWithPort[] =>
  withPorts(sortedRoutes(spec).filter((route) => !isTcpRoute(route)));

/** The routes of the TCP edge: those that are passed through. Without a published port nothing leads to one. */
export const tcpRoutes = (
  spec: EdgeSpec,
): readonly RouteWithPort<EdgeRoute & { readonly protocol: TcpProtocol }>[] =>
  withPorts(sortedRoutes(spec).filter(isTcpRoute)).filter(({ published }) => published.length > 0);

function withPorts<R extends EdgeRoute>(routes: readonly R[]): readonly RouteWithPort<R>[] {
  const taken = new Set(routes.map(({ upstream }) => upstream?.port));
  let next = FIRST_PORT;
  return routes.map((route) => {
    while (taken.has(next)) next += 1;
    return { ...route, port: next++ };
  });
}

function sortedRoutes({ routes }: EdgeSpec): readonly EdgeRoute[] {
  return [...routes].sort((one, other) => (one.id < other.id ? -1 : 1));
}
