/** deploy.update_config of the Compose file, word by word, where it is more than one replica at a time (rolling.test.ts). */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { AppInVersions } from '../support/app-in-versions.ts';
import { readLab } from '../support/lab.ts';
import { type Load, startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp } from '../support/test-app.ts';

const lab = readLab();
const REPLICAS = 3;

let app: TestApp;
let versions: AppInVersions;
let load: Load;

beforeAll(async () => {
  versions = await AppInVersions.begin({
    lab,
    stem: 'update',
    service: {
      volumes: ['shared:/shared'],
      deploy: {
        replicas: REPLICAS,
        update_config: {
          parallelism: '${PARALLELISM:-1}',
          delay: '${DELAY:-0s}',
          max_failure_ratio: '${RATIO:-0}',
          failure_action: '${ACTION:-pause}',
        },
      },
    },
    beside: { volumes: { shared: {} } },
    behaviour: { ONE_EXITS: '' },
    inputs: { strategy: 'rolling', 'health-path': '/up' },
  });
  ({ app } = versions);
}, 180_000);
afterAll(() => app.remove());
afterEach(() => load.stop());

interface Step {
  readonly text: string;
  readonly stage: string;
  readonly at: number;
  readonly took: number;
}
const stepsOf = (run: ActionRun): readonly Step[] => reportOf(run).steps;
const startsOf = (run: ActionRun): readonly string[] =>
  stepsOf(run).flatMap(({ text }) => /^start (.*) of /.exec(text)?.[1] ?? []);

async function expectNothingLost(): Promise<void> {
  await load.answered(versions.live, 50);
  expect((await load.stop()).failures).toEqual([]);
}

test('parallelism: so many at a time, the last batch has what is left; delay: so long between two', async () => {
  load = startLoad(app.url(), { visitors: 1, pause: 50 });
  const run = succeeded(await versions.deploy({ PARALLELISM: 2, DELAY: '1500ms' }));
  versions.stays();
  expect(startsOf(run)).toEqual(['web 1–2', 'web']);
  const waits = stepsOf(run).filter(({ text }) => text.startsWith('wait with '));
  expect(waits).toHaveLength(1);
  expect(waits[0]?.took).toBeGreaterThanOrEqual(1500);
  await expectNothingLost();
});

test.each([
  ['max_failure_ratio', { RATIO: 0.4 }],
  ['failure_action: continue', { ACTION: 'continue' }],
])('%s: one of three may fail, if not alone; it gets no requests', async (_, words) => {
  load = startLoad(app.url(), { visitors: 1, pause: 50 });
  const run = succeeded(
    await versions.deploy({ ...words, PARALLELISM: 2, ONE_EXITS: `/shared/${versions.latest}` }),
  );
  versions.stays();
  expect(run.log).toMatch(/tolerated: web/);
  expect(Object.values(await app.release(run.outputs['release'])).sort()).toEqual([
    'exited',
    'running',
    'running',
  ]);
  await expectNothingLost();
});

test('without these words one that fails turns all back', async () => {
  load = startLoad(app.url(), { visitors: 1, pause: 50 });
  const run = await versions.deploy({ PARALLELISM: 2, ONE_EXITS: `/shared/${versions.latest}` });
  expect(run.outputs['rolled-back']).toBe('true');
  await expectNothingLost();
});
