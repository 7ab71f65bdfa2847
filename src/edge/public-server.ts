import type { Slot } from '../model/release.ts';
import { type CaddyJson, holdSmallBody, hop, once, proxy } from './caddy.ts';
import { divided } from './divided.ts';
import { ALL_TO, type AppName, innerSocket, routeSocket, SPLIT_FILE } from './layout.ts';

/** How a route is reached: at published ports, by domains through the front's HTTPS, or both. */
interface Way {
  readonly published: readonly unknown[];
  readonly socket: boolean;
}

/** A route as the edge's container knows it. */
export interface ListeningRoute extends Way {
  readonly id: string;
  /** What the edge listens on inside its container. */
  readonly port: number;
}

/** The server that clients reach: decides between the slots and passes on to the slot's own server. */
export function publicServer(
  of: AppName & { readonly routes: readonly Way[] },
  route: ListeningRoute,
): CaddyJson {
  const listen = [
    ...(route.published.length > 0 ? [`:${route.port}`] : []),
    ...(route.socket ? [`unix/${routeSocket(of, route.id)}|0600`] : []),
  ];
  return {
    listen,
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ['h1', 'h2c'],
    ...hop,
    routes: [
      {
        handle: [
          {
            handler: 'subroute',
            routes: [
              // Before the slot is chosen: the body may take longer than the slot's release has left to live.
              holdSmallBody,
              { handle: [{ handler: 'vars', split: `{file.${SPLIT_FILE}}` }] },
              { match: [{ vars: { split: [ALL_TO.green] } }], handle: [toSlot('green', route.id)] },
              ...divided({
                of,
                secure: of.routes.every(({ published }) => published.length === 0),
                to: (slot) => toSlot(slot, route.id),
              }),
              { handle: [toSlot('blue', route.id)] },
            ],
          },
        ],
      },
    ],
  };
}

function toSlot(slot: Slot, route: string): CaddyJson {
  return proxy({
    to: [`unix/${innerSocket(slot, route)}`],
    transport: { keep_alive: { max_idle_conns_per_host: 256 } },
    headers: once,
  });
}
