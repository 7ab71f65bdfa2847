/** A release that is found healthy and falls over the next moment is not accepted. */
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { deployDoomed, doomedApp, expectFound } from '../support/doomed-app.ts';
import { labWith } from '../support/lab.ts';
import { succeeded } from '../support/test-app.ts';

const versions = doomedApp(await labWith(1));

test('a release that ends right after its health check is rolled back, and the old one serves on', async () => {
  await expectFound(
    await deployDoomed(versions.app, (options) => versions.deploy({}, {}, options)),
    versions,
  );
});

test('a good release loses no request by the final check, and a WebSocket on the old one does not hold its acceptance up', async () => {
  const { app, live } = versions;
  const load = await versions.visit();
  load.expect(live, String(Number(versions.latest) + 1));
  const socket = new WebSocket(app.url().replace('http', 'ws'));
  await once(socket, 'open');
  const run = succeeded(await versions.deploy({}, { 'drain-timeout': '3s' }));
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 100);
  expect(run.log).toMatch(/final check of \S+ while \S+ drains .*1 healthy; 1 still in flight on /);
  expect(run.log).toContain('1 request was still in flight when the drain ended');
  expect((await load.stop()).failures).toEqual([]);
});
