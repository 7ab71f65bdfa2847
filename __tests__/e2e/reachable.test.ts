/** Healthy is not enough: a release is accepted only if visitors reach it (all/reachable.test.ts has the matrix). */
import { expect, test } from '@jest/globals';
import { labWith } from '../support/lab.ts';
import { expectUnreachable, HOPELESS, reachableApp } from '../support/reachable-app.ts';
import { reportOf } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const reachable = reachableApp(lab);

test('a release that listens on 127.0.0.1 only is not accepted though its HEALTHCHECK says healthy, and the error names the service, its port, what was seen and what to change', async () => {
  const live = await reachable.deployReachable();
  expectUnreachable(await reachable.deploy({ ADDRESS: '127.0.0.1' }, HOPELESS));
  expect(await reachable.visit()).toBe(live);
});

test('after a failed deploy the report says that nobody reaches the live release, and that it was so before', async () => {
  const release = await reachable.dieForVisitors();
  const run = await reachable.deploy({ ADDRESS: '127.0.0.1' }, HOPELESS);
  expect(run.succeeded).toBe(false);
  const report = reportOf(run);
  expect(report.hosts[0].unreachable[0]).toMatch(/web gives no answer on port 3000/);
  expect(report.hosts[0].unreachableBefore[0]).toMatch(/web gives no answer on port 3000/);
  expect(report.state).toContain(`NOBODY REACHES ${release}`);
  expect(report.state).toContain('It was not reached before this run either.');
  expect(report.state).not.toMatch(/Traffic stayed|Traffic is on/);
  expect(run.errors[0]?.message).toContain('NOBODY REACHES');
});
