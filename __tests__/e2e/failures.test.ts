/** A release that fails is rolled back, and the log and the summary say why. */
import { expect, test } from '@jest/globals';
import { failingApp } from '../support/failing-app.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { reportOf, succeeded } from '../support/test-app.ts';

const versions = failingApp(await labWith(1));

test.each([
  [
    'never becomes healthy',
    { UP_AFTER_MS: 'never' },
    { 'health-timeout': patienceInput(40) },
    /did not become healthy|not healthy within/,
    'HEALTHCHECK',
  ],
  [
    'exits',
    { EXIT_AFTER_MS: 200, EXIT_CODE: 7, BOOT_MS: 1_000_000 },
    {},
    /exited with code 7\. It printed "probe \d+: starts"/,
    'exit code 7',
  ],
  [
    'eats all memory',
    { HOG: 1, BOOT_MS: 1_000_000 },
    {},
    /exited with code 137 \(out of memory\)/,
    'out of memory',
  ],
] as const)(
  'a release that %s is rolled back, and log and summary say why with its last lines',
  async (_, behaviour, inputs, why, mark) => {
    const { app } = versions;
    const run = await versions.deploy(behaviour, inputs);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(why);
    expect(run.errors[0]?.message).toContain(app.server.url);
    expect(run.outputs['rolled-back']).toBe('true');
    for (const text of [run.log, run.summary]) {
      expect(text).toContain(mark);
      expect(text).toContain(`probe ${versions.latest}: starts`);
    }
    expect(await app.version()).toBe(versions.live);
    expect(await app.release(run.outputs['previous-release'])).toEqual({ web: 'running' });
    const stopped = await app.release(reportOf(run).release);
    expect(Object.values(stopped)).not.toContain('running');
  },
);

test('a release whose address does not answer as url expects is rolled back, and the next good one is live', async () => {
  const { app } = versions;
  const run = await versions.deploy(
    {},
    { url: app.url('/status?code=500'), 'url-timeout': patienceInput(20) },
  );
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain('500');
  expect(run.outputs['rolled-back']).toBe('true');
  expect(await app.version()).toBe(versions.live);

  succeeded(await versions.deploy());
  versions.stays();
  expect(await app.version()).toBe(versions.live);
});
