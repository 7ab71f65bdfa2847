/** Replicas are replaced a few at a time while people are there, as deploy.update_config says; killed between two batches: all/deaths-rolling.test.ts. */
import { expect, test } from '@jest/globals';
import { labWith } from '../support/lab.ts';
import { everyKind } from '../support/load/crowd.ts';
import { counted, REPLICAS, rollingApp, runningOf } from '../support/replicas.ts';
import { reportOf, succeeded } from '../support/test-app.ts';

const versions = rollingApp(await labWith(1));

test('three replicas are replaced one at a time, never fewer than three serve, and requests of every kind are all answered', async () => {
  const { app } = versions;
  const load = await versions.visit(everyKind({ url: app.url() }, undefined, 2000));
  const { result, least, most } = await counted(app, versions.deploy());
  succeeded(result);
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 100);
  const { failures, seed } = await load.stop();
  expect({ failures, seed }).toEqual({ failures: [], seed });
  expect(await runningOf(app)).toEqual([REPLICAS]);
  expect(least).toBeGreaterThanOrEqual(REPLICAS);
  // One more, or two, where those that were replaced last stay until the new release is accepted.
  expect(most).toBeLessThanOrEqual(REPLICAS + 2);
});

test('parallelism says how many are replaced at a time, and delay how long it takes until the next are', async () => {
  const load = await versions.visit({ visitors: 1, pause: 50 });
  const run = succeeded(await versions.deploy({ PARALLELISM: 2, DELAY: '1500ms' }));
  versions.stays();
  const steps: readonly { readonly text: string; readonly durationMs: number }[] = reportOf(run).steps;
  expect(steps.flatMap(({ text }) => /^start (.*) of /.exec(text)?.[1] ?? [])).toEqual(['web 1–2', 'web']);
  const waits = steps.filter(({ text }) => /^wait .* before the next batch of /.test(text));
  expect(waits).toHaveLength(1);
  expect(waits[0]?.durationMs).toBeGreaterThanOrEqual(1500);
  await load.answered(versions.live, 20);
  expect(load.look().failures).toEqual([]);
});
