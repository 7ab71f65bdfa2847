/** Releases that fail otherwise than ../failures.test.ts says. */
import { expect, test } from '@jest/globals';
import { failingApp } from '../../support/failing-app.ts';
import { labWith } from '../../support/lab.ts';
import { patienceInput } from '../../support/patience.ts';
import { reportOf } from '../../support/test-app.ts';

const versions = failingApp(await labWith(1));

test('a release that crashes again and again is rolled back by its restarts, long before its time is over', async () => {
  const { app } = versions;
  // It never listens, so nothing but its restarts can tell.
  const crashing = {
    BOOT_MS: 1_000_000,
    EXIT_AFTER_MS: 300,
    EXIT_CODE: 7,
    RESTART: 'always',
    UNCHECKED: 'true',
  };
  // Longer than a test may be without progress: a deploy that waited for all of it would be found to hang.
  const run = await versions.deploy(crashing, { 'health-timeout': '6h' });
  expect(run.errors[0]?.message).toMatch(
    /web did not become healthy: it crashes again and again: it exited with code 7, \d+ restarts/,
  );
  expect(run.outputs['rolled-back']).toBe('true');
  expect(await app.version()).toBe(versions.live);
  expect(await app.release(reportOf(run).release)).toEqual({ web: 'exited' });
});

test('a release whose address answers with another text than url-body says is rolled back', async () => {
  const { app } = versions;
  const run = await versions.deploy(
    {},
    { url: app.url(), 'url-body': '"version":"none"', 'url-timeout': patienceInput(20) },
  );
  expect(run.errors[0]?.message).toContain('url-body');
  expect(run.outputs['rolled-back']).toBe('true');
  expect(await app.version()).toBe(versions.live);
});
