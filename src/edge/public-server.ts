import type { AppEnvironment, Slot } from '../model/release.ts';
import { bufferSmallBody, type CaddyJson, proxyServer, removeViaHeaders, reverseProxy } from './caddy.ts';
import { ALL_TRAFFIC_TO, innerSocket, routeSocket, SPLIT_FILE } from './layout.ts';
import { splitRoutes } from './split-routes.ts';

/** How a route is reached: at published ports, by domains through the front's HTTPS, or both. */
interface RouteAccess {
  readonly published: readonly unknown[];
  readonly socket: boolean;
}

/** A route as the edge's container knows it. */
export interface ListeningRoute extends RouteAccess {
  readonly id: string;
  /** What the edge listens on inside its container. */
  readonly port: number;
}

/** The server that clients reach: decides between the slots and passes on to the slot's own server. */
export function publicServer(
  appEnvironment: AppEnvironment & { readonly routes: readonly RouteAccess[] },
  route: ListeningRoute,
): CaddyJson {
  const listen = [
    ...(route.published.length > 0 ? [`:${route.port}`] : []),
    ...(route.socket ? [`unix/${routeSocket(appEnvironment, route.id)}|0600`] : []),
  ];
  return {
    listen,
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ['h1', 'h2c'],
    ...proxyServer,
    routes: [
      {
        handle: [
          {
            handler: 'subroute',
            routes: [
              // Before the slot is chosen: the body may take longer than the slot's release has left to live.
              bufferSmallBody,
              { handle: [{ handler: 'vars', split: `{file.${SPLIT_FILE}}` }] },
              {
                match: [{ vars: { split: [ALL_TRAFFIC_TO.green] } }],
                handle: [slotProxy('green', route.id)],
              },
              ...splitRoutes({
                appEnvironment,
                secure: appEnvironment.routes.every(({ published }) => published.length === 0),
                to: (slot) => slotProxy(slot, route.id),
              }),
              { handle: [slotProxy('blue', route.id)] },
            ],
          },
        ],
      },
    ],
  };
}

function slotProxy(slot: Slot, route: string): CaddyJson {
  return reverseProxy({
    to: [`unix/${innerSocket(slot, route)}`],
    transport: { keep_alive: { max_idle_conns_per_host: 256 } },
    headers: removeViaHeaders,
  });
}
