/** How exactly the edge divides visitors between two releases. That they stay where they are: shares.test.ts. */
import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EdgeApp, type Share } from '../../support/edge-app.ts';
import { ask } from '../../support/http.ts';
import { releaseId } from '../../support/identifiers.ts';
import { labWith, serverOf } from '../../support/lab.ts';
import { type OwnEngine, ownEngine } from '../../support/own-engine.ts';
import { times } from '../../support/times.ts';

const lab = await labWith(1);

const REQUESTS = 10_000;
/** Asked side by side. */
const LANES = 16;

let own: OwnEngine;
let app: EdgeApp;
let old: Share;
let canary: Share;
const agent = new Agent({ keepAlive: true, maxSockets: LANES });

beforeAll(async () => {
  const server = serverOf(lab);
  own = await ownEngine(lab, server);
  app = new EdgeApp(own.engine, server);
  await app.pull();
  await app.ensure();
  ({ old, canary } = await app.twoReleases({
    old: releaseId('0d000000'),
    canary: releaseId('2e000000'),
    slot: 'green',
  }));
});
afterAll(async () => {
  agent.destroy();
  await app.remove();
  await own.close();
});

/** Who answers, and the cookie that he gives. */
async function visit(): Promise<{ release: string; cookie: string | undefined }> {
  const { headers, status } = await ask(app.url, { agent });
  if (status !== 200) throw new Error(`status ${status}`);
  return { release: String(headers['x-release']), cookie: headers['set-cookie']?.[0]?.split(';')[0] };
}

// By chance, so four standard deviations: once in 16,000 runs it is outside without anything being wrong.
test.each([0.01, 0.05, 0.2, 0.6])(
  `of ${REQUESTS} new visitors a share of %d meets the canary`,
  async (share) => {
    await app.divide(share, canary, old);
    const visits = await times(REQUESTS, visit, LANES);
    const met = visits.filter(({ release }) => release === canary.version).length;
    const deviation = Math.sqrt(REQUESTS * share * (1 - share));
    expect(Math.abs(met - REQUESTS * share)).toBeLessThan(4 * deviation);
    // Each was given a cookie of his own; two of 10,000 may have the same by chance.
    expect(new Set(visits.map(({ cookie }) => cookie)).size).toBeGreaterThan(REQUESTS - 5);
  },
);
