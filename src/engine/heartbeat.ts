import * as https from 'node:https';
import type { Client } from './client.ts';
import { unreachable } from './life.ts';

/** As for SSH: asked every 5 s, lost after 15 s without any answer. Milliseconds. */
const PACE = { interval: 5_000, patience: 15_000 };

/**
 * Notices when a server can't be reached any more: TCP alone would let a call wait for a quarter of an hour. A call that
 * takes long is none of its business.
 *
 * @returns a function that ends it
 */
export function watchOver(client: Client, options: https.RequestOptions, pace = PACE): () => void {
  let answered = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - answered > pace.patience) {
      client.lose(unreachable(client.host));
      return;
    }
    // A connection of its own, since those of the client may all be busy.
    const request = https.get(
      { ...options, path: '/_ping', agent: false, timeout: pace.patience },
      (response) => {
        answered = performance.now();
        response.resume();
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A host that says no is there; its engine is told by who asks it.
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') answered = performance.now();
    });
  }, pace.interval);
  timer.unref();
  return () => clearInterval(timer);
}
