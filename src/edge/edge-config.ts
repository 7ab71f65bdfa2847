import { SLOTS, type Slot } from '../model/app-environment.ts';
import { MAX_SERVED_REPLICAS, type Upstream } from '../model/route.ts';
import {
  adminConfig,
  bufferSmallBody,
  type CaddyJson,
  http2WithoutTls,
  proxyServer,
  retryUnsent,
  reverseProxy,
  textResponse,
  textRoutes,
} from './caddy.ts';
import { type EdgeRoute, type EdgeSpec, httpRoutes, type RouteWithPort } from './edge-spec.ts';
import {
  forwardedRoutes,
  keepForwardedFor,
  returnForwardedFor,
  trustedProxyRanges,
  visitorAddress,
} from './forwarded.ts';
import {
  ALL_TRAFFIC_TO,
  addressFile,
  filePlaceholder,
  innerServer,
  innerSocket,
  routeSocket,
  SPLIT_FILE,
} from './layout.ts';
import { probeServer } from './probe-server.ts';
import { splitRoutes } from './split-routes.ts';
import type { UpstreamAddresses } from './upstreams.ts';

/**
 * The edge's complete config. It never changes while the container lives: a reload would drop requests that were accepted but not
 * read yet. What changes (the slot, the containers) is in small files that the edge reads for each request.
 *
 * @param addresses of the edge on the networks of its upstreams; on a network without one it listens on all
 */
export function edgeConfig(spec: EdgeSpec, addresses: UpstreamAddresses = new Map()): CaddyJson {
  const routes = httpRoutes(spec);
  const servers = [
    ...routes
      .filter(({ published, socket }) => published.length > 0 || socket)
      .map((route) => [`public.${route.id}`, publicServer(spec, route)]),
    ...routes.flatMap((route) =>
      route.upstream === undefined
        ? []
        : [[`upstream.${route.id}`, upstreamServer(spec, route, route.upstream, addresses)]],
    ),
    ...routes.flatMap((route) =>
      SLOTS.map((slot) => [innerServer(slot, route.id), slotServer(spec, slot, route)]),
    ),
    ['probe', probeServer],
  ];
  return { admin: adminConfig, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}

/**
 * The server of a route that clients reach: at its published ports, and at a socket for the front's HTTPS. It chooses the slot,
 * and forwards the request to the slot's own server.
 *
 * @param route with the port on which the edge listens in its container
 */
function publicServer(spec: EdgeSpec, route: RouteWithPort): CaddyJson {
  return {
    listen: [
      ...(route.published.length > 0 ? [`:${route.port}`] : []),
      ...(route.socket ? [`unix/${routeSocket(spec, route.id)}|0600`] : []),
    ],
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ['h1', 'h2c'],
    ...proxyServer,
    ...frontedServer(spec),
    routes: [{ handle: [{ handler: 'subroute', routes: slotRoutes(spec, route) }] }],
  };
}

/** The ranges of the proxies that are trusted to send headers. */
const headerProxies = ({ trustedProxies }: EdgeSpec): readonly string[] =>
  trustedProxies === undefined || trustedProxies.proxyProtocol ? [] : trustedProxies.ranges;

/** Settings of a public server for the proxies in front of it. */
function frontedServer(spec: EdgeSpec): CaddyJson {
  const { trustedProxies } = spec;
  if (trustedProxies?.proxyProtocol !== true) return trustedProxyRanges(headerProxies(spec));
  return { listener_wrappers: [{ wrapper: 'proxy_protocol', timeout: '5s', allow: trustedProxies.ranges }] };
}

/**
 * The server of a route for proxies of the Compose file. It listens where only containers of the app are, so it passes on what they
 * say of the visitor.
 */
function upstreamServer(
  spec: EdgeSpec,
  route: EdgeRoute,
  { network, port }: Upstream,
  addresses: UpstreamAddresses,
): CaddyJson {
  return {
    listen: [`${addresses.get(network) ?? ''}:${port}`],
    protocols: ['h1', 'h2c'],
    ...proxyServer,
    ...trustedProxyRanges(['0.0.0.0/0', '::/0']),
    routes: [{ handle: [{ handler: 'subroute', routes: slotRoutes(spec, route, [keepForwardedFor]) }] }],
  };
}

/** HTTP/2 all the way to a container that speaks it: HTTP/1.1 in between would not let both sides of a stream talk at once. */
const versionsOf = ({ protocol }: EdgeRoute): CaddyJson => (protocol === undefined ? {} : http2WithoutTls);

function slotRoutes(
  spec: EdgeSpec,
  route: EdgeRoute,
  before: readonly CaddyJson[] = [],
): readonly CaddyJson[] {
  const transport = { keep_alive: { max_idle_conns_per_host: 256 }, ...versionsOf(route) };
  const toSlot = (slot: Slot): CaddyJson => reverseProxy([`unix/${innerSocket(slot, route.id)}`], transport);
  return [
    ...forwardedRoutes(headerProxies(spec)),
    ...before,
    // Before the slot is chosen: the body may arrive later than the slot's release stops.
    bufferSmallBody,
    { handle: [{ handler: 'vars', split: filePlaceholder(SPLIT_FILE) }] },
    { match: [{ vars: { split: [ALL_TRAFFIC_TO.green] } }], handle: [toSlot('green')] },
    ...splitRoutes(spec, toSlot),
    { handle: [toSlot('blue')] },
  ];
}

/** The server of a slot and route. Its name is the `server` label of the metrics, which are therefore per release. */
function slotServer(spec: EdgeSpec, slot: Slot, route: EdgeRoute): CaddyJson {
  const visitor = visitorAddress(headerProxies(spec));
  const beforeRelease = [...visitor.routes, ...(route.upstream === undefined ? [] : [returnForwardedFor])];
  // One address file for each replica that a route can have.
  const upstreams = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) =>
    filePlaceholder(addressFile(slot, route.id, index)),
  );
  const [first = ''] = upstreams;
  // Idle connections close before apps close them (gunicorn after 2 s, Node after 5 s): a request on a connection that is just
  // being closed is lost.
  const transport = {
    ...{ dial_timeout: '2s', keep_alive: { idle_timeout: '1s', max_idle_conns_per_host: 256 } },
    ...versionsOf(route),
  };
  const retries = { selection_policy: { policy: 'round_robin' }, ...retryUnsent };
  const toRelease = reverseProxy(upstreams, transport, retries);
  return {
    listen: [`unix/${innerSocket(slot, route.id)}|0600`],
    protocols: route.protocol === undefined ? ['h1'] : ['h1', 'h2c'],
    ...proxyServer,
    ...visitor.settings,
    routes: [
      {
        match: [{ vars: { [first]: [''] } }],
        handle: [textResponse(503, 'Service Unavailable: the app is not running.', { 'Retry-After': ['5'] })],
      },
      // One route, so that a request counts once in the metrics.
      {
        handle: [
          { handler: 'subroute', routes: [...beforeRelease, bufferSmallBody, { handle: [toRelease] }] },
        ],
      },
    ],
    errors: textRoutes('{http.error.status_code}', '{http.error.status_text}: the app does not answer.'),
  };
}
