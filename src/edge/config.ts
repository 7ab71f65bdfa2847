import { createHash } from 'node:crypto';
import { baseProject, type PublishedPort, SLOTS, type Slot } from '../model/release.ts';
import { admin, type CaddyJson, hop, once, proxy, text } from './caddy.ts';
import {
  ALL_TO,
  type AppName,
  addressFile,
  innerServer,
  innerSocket,
  routeSocket,
  SPLIT_FILE,
  UPSTREAMS,
} from './layout.ts';
import { probeServer } from './probe-config.ts';

/** What an app's edge is made for. A change of it needs a new container, since published ports can't change. */
export interface EdgeSpec extends AppName {
  readonly routes: readonly EdgeRoute[];
}

export interface EdgeRoute {
  readonly id: string;
  readonly published: readonly PublishedPort[];
  /** Whether the host's front leads domains to it. */
  readonly socket: boolean;
}

/** Counts up when a container made by an earlier version of this file can't go on: its mounts, ports or config are others. */
const LAYOUT = 1;
const FIRST_PORT = 8000;

/** What decides whether an edge that is found can stay: its ports, routes, sockets and layout; not the version of its image. */
export function edgeFingerprint(spec: EdgeSpec): string {
  const routes = inOrder(spec.routes).map(({ id, published, socket }) => [
    id,
    published.map(hostAddress).sort(),
    socket,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([LAYOUT, routes]))
    .digest('hex')
    .slice(0, 16);
}

export const hostAddress = ({ address, port }: PublishedPort): string => `${address ?? ''}:${port}`;

/** The routes with the port that the edge listens on for each, inside its container. */
export function listening(spec: EdgeSpec): readonly (EdgeRoute & { readonly port: number })[] {
  return inOrder(spec.routes).map((route, index) => ({ ...route, port: FIRST_PORT + index }));
}

function inOrder(routes: readonly EdgeRoute[]): readonly EdgeRoute[] {
  return [...routes].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/**
 * The edge's whole config. It never changes while the container lives: a reload would drop requests that were accepted and
 * not yet read. What changes, it reads from small files with each request: which slot, and which containers.
 */
export function edgeConfig(spec: EdgeSpec): CaddyJson {
  const routes = listening(spec);
  const servers = [
    ...routes.map((route) => [`public.${route.id}`, publicServer(spec, route)] as const),
    ...routes.flatMap(({ id }) =>
      SLOTS.map((slot) => [innerServer(slot, id), slotServer(slot, id)] as const),
    ),
    ['probe', probeServer] as const,
  ];
  return { admin, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}

/** The server that clients reach: decides between the slots and passes on to the slot's own server. */
function publicServer(spec: EdgeSpec, route: EdgeRoute & { readonly port: number }): CaddyJson {
  const listen = [
    ...(route.published.length > 0 ? [`:${route.port}`] : []),
    ...(route.socket ? [`unix/${routeSocket(spec, route.id)}|0600`] : []),
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
              { handle: [{ handler: 'vars', split: `{file.${SPLIT_FILE}}` }] },
              { match: [{ vars: { split: [ALL_TO.green] } }], handle: [toSlot('green', route.id)] },
              ...divided(spec, route.id),
              { handle: [toSlot('blue', route.id)] },
            ],
          },
        ],
      },
    ],
  };
}

/** One half of the visitors each: in use only while `split` is a bucket, so nobody gets a cookie before a canary runs. */
function divided(spec: EdgeSpec, route: string): readonly CaddyJson[] {
  const cookie = `rel_${baseProject(spec)}`;
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

/** A slot's own server: its name is the `server` label of the metrics, which are thereby kept per release. */
function slotServer(slot: Slot, route: string): CaddyJson {
  const first = `{file.${addressFile(slot, route, 0)}}`;
  const upstreams = Array.from(
    { length: UPSTREAMS },
    (_, index) => `{file.${addressFile(slot, route, index)}}`,
  );
  return {
    listen: [`unix/${innerSocket(slot, route)}|0600`],
    protocols: ['h1'],
    ...hop,
    routes: [
      {
        match: [{ vars: { [first]: [''] } }],
        handle: [text(503, 'No release is running here yet.', { 'Retry-After': ['5'] })],
      },
      {
        handle: [
          proxy({
            to: upstreams,
            // Idle connections are given up before apps do so themselves (gunicorn after 2 s, Node after 5 s): a request
            // sent into a connection that is just being closed is lost.
            transport: {
              dial_timeout: '1s',
              keep_alive: { idle_timeout: '1s', max_idle_conns_per_host: 256 },
            },
            retries: retryUnsent,
            headers: once,
          }),
        ],
      },
    ],
    errors: {
      routes: [
        {
          handle: [
            text('{http.error.status_code}', 'The release answers no requests: {http.error.status_text}.'),
          ],
        },
      ],
    },
  };
}

/**
 * Where no connection could be made, nothing was sent, so any request is tried again with the next container. What was sent
 * is never sent twice: by default Caddy repeats GET after any failure; `not nothing` matches no request.
 */
const retryUnsent: CaddyJson = {
  selection_policy: { policy: 'round_robin' },
  try_duration: '2s',
  try_interval: '50ms',
  retry_match: [{ not: [{}] }],
};
