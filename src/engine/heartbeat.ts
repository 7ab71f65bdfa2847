import * as https from 'node:https';
import type { EngineClient } from './client.ts';
import { unreachableError } from './connection-state.ts';

/** As for SSH: asked every 5 s, lost after 15 s without any answer. Milliseconds. */
const HEARTBEAT = { interval: 5_000, patience: 15_000 };

/**
 * Notices when a server can't be reached any more: TCP alone would let a call wait for a quarter of an hour. A call that
 * takes long is none of its business. Counted are questions without an answer, not the time: where this process itself was
 * held up, the server has not been asked.
 *
 * @returns a function that ends it
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
    // A connection of its own, since those of the client may all be busy.
    const request = https.get(
      { ...options, path: '/_ping', agent: false, timeout: timing.patience },
      (response) => {
        unanswered = 0;
        response.resume();
      },
    );
    // With an error of its own: without one it would look as if the server had closed the connection.
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A host that says no is there; its engine is told by who asks it.
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') unanswered = 0;
    });
  }, timing.interval);
  timer.unref();
  return () => clearInterval(timer);
}
