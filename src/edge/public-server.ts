import { baseProject, type Slot } from '../model/release.ts';
import { type CaddyJson, holdSmallBody, hop, once, proxy } from './caddy.ts';
import { ALL_TO, type AppName, innerSocket, routeSocket, SPLIT_FILE } from './layout.ts';

/** A route as the edge's container knows it. */
export interface ListeningRoute {
  readonly id: string;
  readonly published: readonly unknown[];
  readonly socket: boolean;
  /** What the edge listens on inside its container. */
  readonly port: number;
}

/** The server that clients reach: decides between the slots and passes on to the slot's own server. */
export function publicServer(of: AppName, route: ListeningRoute): CaddyJson {
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
              ...divided(of, route.id),
              { handle: [toSlot('blue', route.id)] },
            ],
          },
        ],
      },
    ],
  };
}

/** One half of the visitors each: in use only while `split` is a bucket, so nobody gets a cookie before a canary runs. */
function divided(of: AppName, route: string): readonly CaddyJson[] {
  const cookie = `rel_${baseProject(of)}`;
  const header = (name?: string): CaddyJson => ({
    header_regexp: {
      Cookie: {
        ...(name === undefined ? {} : { name }),
        pattern: `(?:^|;\\s*)${cookie}=([0-9a-f]{8})(?:;|$)`,
      },
    },
  });
  const isDivided = { vars_regexp: { split: { pattern: '^[0-9a-f]{8}$' } } };
  const setCookie = `${cookie}={http.vars.bucket}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax`;
  return [
    {
      match: [isDivided],
      handle: [
        {
          handler: 'subroute',
          routes: [
            { match: [header('own')], handle: [{ handler: 'vars', bucket: '{http.regexp.own.1}' }] },
            {
              match: [{ not: [header()] }],
              handle: [
                {
                  handler: 'map',
                  source: '{http.request.uuid}',
                  destinations: ['{new_bucket}'],
                  mappings: [{ input_regexp: '^([0-9a-f]{8}).*$', outputs: ['${1}'] }],
                },
                { handler: 'vars', bucket: '{new_bucket}' },
                { handler: 'headers', response: { add: { 'Set-Cookie': [setCookie] } } },
              ],
            },
            {
              match: [{ expression: '{http.vars.bucket} < {http.vars.split}' }],
              handle: [toSlot('green', route)],
            },
          ],
        },
      ],
    },
  ];
}

function toSlot(slot: Slot, route: string): CaddyJson {
  return proxy({
    to: [`unix/${innerSocket(slot, route)}`],
    transport: { keep_alive: { max_idle_conns_per_host: 256 } },
    headers: once,
  });
}
