/** Healthy is not enough: a release is accepted only if visitors reach it (all/reachable.test.ts has the matrix). */
import { expect, test } from '@jest/globals';
import { labWith } from '../support/lab.ts';
import { expectUnreachable, HOPELESS, reachableApp } from '../support/reachable-app.ts';

const lab = await labWith(1, { builds: true });
const reachable = reachableApp(lab);

test('a release that listens on 127.0.0.1 only is not accepted though its HEALTHCHECK says healthy, and the error names the service, its port, what was seen and what to change', async () => {
  const live = await reachable.deployReachable();
  expectUnreachable(await reachable.deploy({ ADDRESS: '127.0.0.1' }, HOPELESS));
  expect(await reachable.visit()).toBe(live);
});
