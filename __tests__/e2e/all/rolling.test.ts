/** Replicas that are stopped first, replicas that fail, and how many may: beside what ../rolling.test.ts says. */
import { expect, test } from '@jest/globals';
import { labWith } from '../../support/lab.ts';
import { everyKind } from '../../support/load/crowd.ts';
import { counted, REPLICAS, rollingApp, runningOf } from '../../support/replicas.ts';
import { succeeded } from '../../support/test-app.ts';

const versions = rollingApp(await labWith(1));

/** Visitors of every kind; streams last 3 s at most. */
const visitByEveryKind = () => versions.visit(everyKind({ url: versions.app.url() }, undefined, 3000));

test('where replicas are stopped first there are never more than three, and requests of every kind are all answered', async () => {
  const { app } = versions;
  const load = await visitByEveryKind();
  const { result, least, most } = await counted(app, versions.deploy({ ORDER: 'stop-first' }));
  succeeded(result);
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 200);
  const { failures, seed } = await load.stop();
  expect({ failures, seed }).toEqual({ failures: [], seed });
  expect(await runningOf(app)).toEqual([REPLICAS]);
  expect(most).toBeLessThanOrEqual(REPLICAS);
  expect(least).toBeGreaterThanOrEqual(REPLICAS - 1);
});

test.each(['start-first', 'stop-first'])(
  'with order: %s a release that dies while it is watched is rolled back, and all three old replicas serve again',
  async (ORDER) => {
    const load = await visitByEveryKind();
    // It dies of the requests that its first replica gets, so at the latest while the last one is watched.
    const run = await versions.deploy({ ORDER, EXIT_AFTER_REQUESTS: 5, MONITOR: '5s' });
    const { exitCode, log } = run;
    expect({ exitCode, back: run.outputs['rolled-back'], log: exitCode === 1 ? '' : log }).toEqual({
      exitCode: 1,
      back: 'true',
      log: '',
    });
    expect(run.errors.map(({ message }) => message).join()).toMatch(
      /it (exited with code 0|ended and was started again)/,
    );
    expect(load.look().answers.get(versions.latest) ?? 0).toBeGreaterThan(0);
    load.expect(versions.live);
    await load.answered(versions.live, 100);
    const { ends, requests } = await load.stop();
    // What an app that ends by itself was just answering can't be saved: one request of each of its 20 visitors at most.
    expect(ends.answered).toBeGreaterThanOrEqual(requests - 20);
    expect(await runningOf(versions.app)).toEqual([REPLICAS]);
  },
);
test.each([
  ['max_failure_ratio', { RATIO: 0.4 }],
  ['failure_action: continue', { ACTION: 'continue' }],
])('with %s one of three may fail if not alone, and gets no requests', async (_, words) => {
  const load = await versions.visit({ visitors: 1, pause: 50 });
  const run = succeeded(
    await versions.deploy({ ...words, PARALLELISM: 2, ONE_EXITS: `/shared/${versions.latest}` }),
  );
  versions.stays();
  expect(run.log).toMatch(/tolerated: web/);
  const states = Object.values(await versions.app.release(run.outputs['release'])).sort();
  expect(states).toEqual(['exited', 'running', 'running']);
  await load.answered(versions.live, 50);
  expect((await load.stop()).failures).toEqual([]);
});

test('where nothing says that one may fail, one that fails rolls all back', async () => {
  const load = await versions.visit({ visitors: 1, pause: 50 });
  const run = await versions.deploy({ PARALLELISM: 2, ONE_EXITS: `/shared/${versions.latest}` });
  expect(run.outputs['rolled-back']).toBe('true');
  await load.answered(versions.live, 50);
  expect((await load.stop()).failures).toEqual([]);
});
