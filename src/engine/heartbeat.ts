import * as https from 'node:https';
import type { EngineClient } from './client.ts';
import { unreachableError } from './connection-state.ts';

/** Milliseconds, as for SSH: a request every 5 s, lost after 15 s without an answer. */
const HEARTBEAT = { interval: 5_000, patience: 15_000 };

/**
 * Ends the connection when a server becomes unreachable. TCP alone would let a call wait for 15 minutes. The duration of calls
 * does not matter. It counts unanswered requests, not time: while this process itself was held up, it sent none.
 *
 * @returns a function that stops it
 */
export function startHeartbeat(
  client: EngineClient,
  options: https.RequestOptions,
  timing = HEARTBEAT,
): () => void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered * timing.interval >= timing.patience) {
      client.disconnect(unreachableError(client.host));
      return;
    }
    unanswered += 1;
    // On a connection of its own, since those of the client may all be busy.
    const ping = { agent: false, ...options, path: '/_ping', timeout: timing.patience };
    const request = https.get(ping, (response) => {
      unanswered = 0;
      response.resume();
    });
    // Without an error, it would look as if the server had closed the connection.
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A host that refuses is reachable; a call to its engine fails by itself.
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') unanswered = 0;
    });
  }, timing.interval);
  timer.unref();
  return () => clearInterval(timer);
}
