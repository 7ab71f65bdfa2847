/** Replicas are replaced a few at a time while people are there, as deploy.update_config says. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose, probe } from '../support/apps/probe.ts';
import { readLab } from '../support/lab.ts';
import { everyKind } from '../support/load/crowd.ts';
import { type Load, startCrowd, startLoad } from '../support/load/load.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();
const REPLICAS = 3;

let app: TestApp;
let image: string | undefined;
let load: Load;
let live = 0;
let next = 0;

beforeAll(async () => {
  app = await testApp({
    lab,
    stem: 'rolling',
    files: (port) => ({
      ...probe({ version: 'none', healthcheck: false }),
      ...compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            stop_grace_period: '5s',
            environment: { VERSION: '${VERSION}', EXIT_AFTER_REQUESTS: '${EXIT_AFTER_REQUESTS:-}' },
            deploy: {
              replicas: REPLICAS,
              update_config: { parallelism: 1, order: '${ORDER:-start-first}', monitor: '${MONITOR:-0s}' },
            },
          },
        },
      }),
    }),
  });
  image = succeeded(await app.build()).outputs['image'];
  succeeded(await deploy({}, { strategy: 'blue-green' }));
  live = next;
}, 180_000);
afterAll(() => app.remove());
afterEach(() => load.stop());

function deploy(
  values: Readonly<Record<string, string | number>> = {},
  inputs: Inputs = {},
  options: Parameters<TestApp['deploy']>[2] = {},
): Promise<ActionRun> {
  next += 1;
  const env = Object.entries({ VERSION: next, ...values }).map(([name, value]) => `${name}=${value}`);
  return app.deploy(
    image,
    { env: env.join('\n'), strategy: 'rolling', 'health-timeout': '30s', ...inputs },
    options,
  );
}

/** Visitors of every kind; streams last 3 s at most. */
const visit = (): void => {
  load = startCrowd(everyKind({ url: app.url() }, undefined, 3000));
};

/** How many containers of each release run. */
async function running(): Promise<readonly number[]> {
  const counts = new Map<string, number>();
  for (const [name, state] of Object.entries(await app.containers())) {
    const [, id] = /-production-([0-9a-f]{8})-web-\d+$/.exec(name) ?? [];
    if (id !== undefined && state === 'running') counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.values()].sort();
}

/** Watches how many replicas run, all releases together, until it is told to stop. */
function countReplicas(): () => Promise<{ readonly least: number; readonly most: number }> {
  const seen: number[] = [];
  let goesOn = true;
  const counting = (async () => {
    while (goesOn) seen.push((await running()).reduce((sum, count) => sum + count, 0));
  })();
  return async () => {
    goesOn = false;
    await counting;
    return { least: Math.min(...seen), most: Math.max(...seen) };
  };
}

async function expectOnly(version: number): Promise<void> {
  load.expect(String(version));
  await load.answered(String(version), 200);
  const { failures, requests, seed } = await load.stop();
  expect({ failures, seed }).toEqual({ failures: [], seed });
  expect(requests).toBeGreaterThan(500);
  expect(await running()).toEqual([REPLICAS]);
}

describe('three replicas, one at a time', () => {
  test('start-first: never fewer than three, requests of every kind are all answered', async () => {
    visit();
    await load.answered(String(live), 20);
    const counted = countReplicas();
    succeeded(await deploy());
    const { least, most } = await counted();
    live = next;
    await expectOnly(live);
    expect(least).toBeGreaterThanOrEqual(REPLICAS);
    // One more, or two, where those that were replaced last stay until the new release is accepted.
    expect(most).toBeLessThanOrEqual(REPLICAS + 2);
  });

  test('stop-first: never more than three, requests of every kind are all answered', async () => {
    visit();
    await load.answered(String(live), 20);
    const counted = countReplicas();
    succeeded(await deploy({ ORDER: 'stop-first' }));
    const { least, most } = await counted();
    live = next;
    await expectOnly(live);
    expect(most).toBeLessThanOrEqual(REPLICAS);
    expect(least).toBeGreaterThanOrEqual(REPLICAS - 1);
  });

  test.each(['start-first', 'stop-first'])(
    '%s: a release that dies while it is watched is turned back, and all three old ones serve again',
    async (ORDER) => {
      visit();
      await load.answered(String(live), 20);
      const run = await deploy({ ORDER, EXIT_AFTER_REQUESTS: 30, MONITOR: '5s' });
      expect({
        exitCode: run.exitCode,
        back: run.outputs['rolled-back'],
        log: run.exitCode === 1 ? '' : run.log,
      }).toEqual({
        exitCode: 1,
        back: 'true',
        log: '',
      });
      expect(run.errors.map(({ message }) => message).join()).toMatch(/it exited with code 0/);
      await load.answered(String(live), 100);
      expect(load.look().answers.get(String(next)) ?? 0).toBeGreaterThan(0);
      load.expect(String(live));
      await load.answered(String(live), 100);
      const { ends, requests } = await load.stop();
      // What an app that ends by itself was just answering can't be saved: a few requests, and the streams that it had.
      expect(ends.answered).toBeGreaterThan(requests - 25);
      expect(await running()).toEqual([REPLICAS]);
    },
    180_000,
  );

  test('killed half-way, the next run puts it right and goes on, without a lost request', async () => {
    visit();
    await load.answered(String(live), 20);
    const killed = await deploy(
      {},
      {},
      {
        interrupt: { when: /requests go to 2 containers of \w+ and 1 of/, how: 'SIGKILL' },
      },
    );
    expect(killed.signal).toBe('SIGKILL');
    await load.answered(String(next), 50);
    await load.answered(String(live), 20);
    succeeded(await deploy());
    live = next;
    await expectOnly(live);
  }, 240_000);
});

test.each(['blue-green', 'rolling'])(
  '%s: a WebSocket stays with the release that it met until the time to drain is over, and is counted then',
  async (strategy) => {
    load = startLoad(app.url(), { visitors: 1, pause: 50 });
    const socket = new WebSocket(app.url().replace('http', 'ws'));
    const closed = once(socket, 'close');
    await once(socket, 'open');
    const echo = async (): Promise<string> => {
      const answer = once(socket, 'message');
      socket.send('who');
      const [{ data }] = await answer;
      return String(data);
    };
    expect(await echo()).toBe(`${live}:who`);
    let said: Promise<string> | undefined;
    const run = succeeded(
      await deploy(
        {},
        { strategy, 'drain-timeout': '5s' },
        {
          onLine: ({ text }) => {
            if (/✓ .* requests go to/.test(text)) said ??= echo();
          },
        },
      ),
    );
    expect(await said).toBe(`${live}:who`);
    expect(run.log).toMatch(/drain .* [5-9](\.\d)?s {2}1 request was still in flight and is cut/);
    await closed;
    live = next;
    await load.stop();
  },
  180_000,
);
