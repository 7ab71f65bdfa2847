/** Replicas are replaced a few at a time while people are there, as deploy.update_config says. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { AppInVersions } from '../support/app-in-versions.ts';
import { readLab } from '../support/lab.ts';
import { everyKind } from '../support/load/crowd.ts';
import { type Load, startCrowd } from '../support/load/load.ts';
import { succeeded, type TestApp } from '../support/test-app.ts';

const lab = readLab();
const REPLICAS = 3;

let app: TestApp;
let versions: AppInVersions;
let load: Load;

beforeAll(async () => {
  versions = await AppInVersions.begin({
    lab,
    stem: 'rolling',
    service: {
      deploy: {
        replicas: REPLICAS,
        update_config: { parallelism: 1, order: '${ORDER:-start-first}', monitor: '${MONITOR:-0s}' },
      },
    },
    behaviour: { EXIT_AFTER_REQUESTS: '' },
    inputs: { strategy: 'rolling' },
  });
  ({ app } = versions);
}, 180_000);
afterAll(() => app.remove());
afterEach(() => load.stop());

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

async function expectOnly(version: string): Promise<void> {
  load.expect(version);
  await load.answered(version, 200);
  const { failures, requests, seed } = await load.stop();
  expect({ failures, seed }).toEqual({ failures: [], seed });
  expect(requests).toBeGreaterThan(500);
  expect(await running()).toEqual([REPLICAS]);
}

describe('three replicas, one at a time', () => {
  test('start-first: never fewer than three, requests of every kind are all answered', async () => {
    visit();
    await load.answered(versions.live, 20);
    const counted = countReplicas();
    succeeded(await versions.deploy());
    const { least, most } = await counted();
    versions.stays();
    await expectOnly(versions.live);
    expect(least).toBeGreaterThanOrEqual(REPLICAS);
    // One more, or two, where those that were replaced last stay until the new release is accepted.
    expect(most).toBeLessThanOrEqual(REPLICAS + 2);
  });

  test('stop-first: never more than three, requests of every kind are all answered', async () => {
    visit();
    await load.answered(versions.live, 20);
    const counted = countReplicas();
    succeeded(await versions.deploy({ ORDER: 'stop-first' }));
    const { least, most } = await counted();
    versions.stays();
    await expectOnly(versions.live);
    expect(most).toBeLessThanOrEqual(REPLICAS);
    expect(least).toBeGreaterThanOrEqual(REPLICAS - 1);
  });

  test.each(['start-first', 'stop-first'])(
    '%s: a release that dies while it is watched is rolled back, and all three old ones serve again',
    async (ORDER) => {
      visit();
      await load.answered(versions.live, 20);
      const run = await versions.deploy({ ORDER, EXIT_AFTER_REQUESTS: 30, MONITOR: '5s' });
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
      await load.answered(versions.live, 100);
      expect(load.look().answers.get(versions.latest) ?? 0).toBeGreaterThan(0);
      load.expect(versions.live);
      await load.answered(versions.live, 100);
      const { ends, requests } = await load.stop();
      // What an app that ends by itself was just answering can't be saved: a few requests, and the streams that it had.
      expect(ends.answered).toBeGreaterThan(requests - 25);
      expect(await running()).toEqual([REPLICAS]);
    },
    180_000,
  );

  test('killed half-way, the next run puts it right and goes on, without a lost request', async () => {
    visit();
    await load.answered(versions.live, 20);
    const killed = await versions.deploy(
      {},
      {},
      {
        interrupt: { when: /requests go to 2 containers of \w+ and 1 of/, how: 'SIGKILL' },
      },
    );
    expect(killed.signal).toBe('SIGKILL');
    await load.answered(versions.latest, 50);
    await load.answered(versions.live, 20);
    succeeded(await versions.deploy());
    versions.stays();
    await expectOnly(versions.live);
  }, 240_000);
});
