import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { WebConnections } from '../../src/registry/web-connections.ts';

/** Milliseconds. */
const LIMIT = 300;

let drips: NodeJS.Timeout | undefined;
const server = createServer((_, response) => drip(response));
beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterEach(async () => {
  clearInterval(drips);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A byte again and again: it is never silent, and never ends. */
function drip(response: ServerResponse): void {
  drips = setInterval(() => response.write(' '), 10);
  response.writeHead(200).write('{');
}

test.each(['send', 'sendStreamed'] as const)(
  'an answer that drips is given up, but not one that streams: %s',
  async (way) => {
    const noCertificates = () => Promise.resolve({ ca: [] });
    const connections = new WebConnections({}, noCertificates, LIMIT);
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`);
    const request = { method: 'GET', headers: {} } as const;
    if (way === 'send') {
      await expect(connections.send(url, request)).rejects.toMatchObject({
        message: `${url.host}: its answer to GET was not complete after 300ms`,
        failure: { kind: 'failed' },
      });
      return;
    }
    const { content } = await connections.sendStreamed(url, request);
    const began = performance.now();
    for await (const _ of content ?? []) if (performance.now() - began > 2 * LIMIT) break;
    expect(performance.now() - began).toBeGreaterThan(2 * LIMIT);
  },
);
