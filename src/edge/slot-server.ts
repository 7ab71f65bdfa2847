import type { Slot } from '../model/release.ts';
import {
  bufferSmallBody,
  type CaddyJson,
  proxyServer,
  removeViaHeaders,
  reverseProxy,
  textResponse,
} from './caddy.ts';
import { addressFile, innerSocket, MAX_UPSTREAMS } from './layout.ts';

/** A slot's own server: its name is the `server` label of the metrics, which are thereby kept per release. */
export function slotServer(slot: Slot, route: string): CaddyJson {
  const first = `{file.${addressFile(slot, route, 0)}}`;
  const upstreams = Array.from(
    { length: MAX_UPSTREAMS },
    (_, index) => `{file.${addressFile(slot, route, index)}}`,
  );
  const toRelease = reverseProxy({
    to: upstreams,
    // Idle connections are given up before apps do so themselves (gunicorn after 2 s, Node after 5 s): a request sent into a
    // connection that is just being closed is lost.
    transport: { dial_timeout: '2s', keep_alive: { idle_timeout: '1s', max_idle_conns_per_host: 256 } },
    retries: retryUnsent,
    headers: removeViaHeaders,
  });
  return {
    listen: [`unix/${innerSocket(slot, route)}|0600`],
    protocols: ['h1'],
    ...proxyServer,
    routes: [
      {
        match: [{ vars: { [first]: [''] } }],
        handle: [textResponse(503, 'No release is running here yet.', { 'Retry-After': ['5'] })],
      },
      // One route, so that a request counts once in the metrics.
      { handle: [{ handler: 'subroute', routes: [bufferSmallBody, { handle: [toRelease] }] }] },
    ],
    errors: {
      routes: [
        {
          handle: [
            textResponse(
              '{http.error.status_code}',
              'The release answers no requests: {http.error.status_text}.',
            ),
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
  try_duration: '5s',
  try_interval: '50ms',
  retry_match: [{ not: [{}] }],
};
