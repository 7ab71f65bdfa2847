/** How exactly the edge divides visitors between two releases. That they stay where they are: shares.test.ts. */
import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { parseAddress } from '../../src/model/address.ts';
import { makeTools, type TestTools } from '../engine/tools.ts';
import { EdgeApp, type Share } from '../support/edge-app.ts';
import { ask } from '../support/http.ts';
import { readLab, type Server } from '../support/lab.ts';

const lab = readLab();
const server = firstServer();

function firstServer(): Server {
  const [first] = lab.servers;
  if (first === undefined) throw new Error('The lab has no server.');
  return first;
}

const REQUESTS = 10_000;
/** Asked side by side. */
const LANES = 16;

let tools: TestTools;
let engine: Engine;
let app: EdgeApp;
let old: Share;
let canary: Share;
const agent = new Agent({ keepAlive: true, maxSockets: LANES });

beforeAll(async () => {
  tools = await makeTools();
  engine = await connect(parseAddress(server.tcpUrl), { ssh: undefined, tls: lab.tls.own }, tools);
  app = new EdgeApp(engine, server);
  await app.pull();
  await app.ensure();
  old = { version: '0d000000', slot: 'blue', replicas: [await app.start('0d000000', 'blue')] };
  canary = { version: '2e000000', slot: 'green', replicas: [await app.start('2e000000', 'green')] };
  await app.switch(old.version, old.slot, old.replicas);
});
afterAll(async () => {
  agent.destroy();
  await app.remove();
  await engine.close();
  await tools.remove();
});

/** Who answers, and the cookie that he gives. */
async function visit(): Promise<{ release: string; cookie: string | undefined }> {
  const { headers, status } = await ask(app.url, { agent });
  if (status !== 200) throw new Error(`status ${status}`);
  return { release: String(headers['x-release']), cookie: headers['set-cookie']?.[0]?.split(';')[0] };
}

/** Does something so many times, some of it side by side. */
async function times<T>(count: number, task: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await task();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

// By chance, so four standard deviations: once in 16,000 runs it is outside without anything being wrong.
test.each([0.01, 0.05, 0.2, 0.6])(
  `a share of %d of ${REQUESTS} new visitors meets the canary`,
  async (share) => {
    await app.divide(share, canary, old);
    const visits = await times(REQUESTS, () => visit());
    const met = visits.filter(({ release }) => release === canary.version).length;
    const deviation = Math.sqrt(REQUESTS * share * (1 - share));
    expect(Math.abs(met - REQUESTS * share)).toBeLessThan(4 * deviation);
    // Each was given a cookie of his own; two of 10,000 may have the same by chance.
    expect(new Set(visits.map(({ cookie }) => cookie)).size).toBeGreaterThan(REQUESTS - 5);
  },
);
