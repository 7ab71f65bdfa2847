/** A release that falls over right after its health check, with every way in which it can have come (../final-check.test.ts). */
import { expect, test } from '@jest/globals';
import type { Inputs } from '../../support/action.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose, HEALTH } from '../../support/apps/probe.ts';
import { deployDoomed, doomedApp, expectFound } from '../../support/doomed-app.ts';
import { labWith } from '../../support/lab.ts';
import { succeeded, testApp } from '../../support/test-app.ts';

const lab = await labWith(1);
const versions = doomedApp(lab);

test.each<[string, Inputs]>([
  ['rolling', { strategy: 'rolling' }],
  ['canary', { strategy: 'canary', canary: '50% 100ms, 100%' }],
  ['recreate', { strategy: 'recreate' }],
])('with %s a release that ends right after its health check is rolled back', async (_, inputs) => {
  const run = await deployDoomed(versions.app, (options) => versions.deploy({}, inputs, options));
  await expectFound(run, versions);
});

test('a release that ends right after its health check is rolled back though it was restarted, and the restarts are counted', async () => {
  const run = await deployDoomed(versions.app, (options) =>
    versions.deploy({ RESTART: 'always' }, {}, options),
  );
  await expectFound(run, versions);
  expect(run.errors[0]?.message).toMatch(/\d restarts?/);
});

test('the first release of all, when it ends right after its health check, leaves nothing behind that runs', async () => {
  const first = await testApp({ lab, stem: 'first', files: doomedFiles });
  try {
    const image = await probeImage(lab);
    const inputs = { env: 'VERSION=first', 'health-path': '/up' };
    const run = await deployDoomed(first, (options) => first.deploy(image, inputs, options));
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]?.message).toContain(
      'web did not stay healthy after its check: it exited with code 7',
    );
    expect(Object.values(await first.containers())).not.toContain('running');
  } finally {
    await first.remove();
  }
});

test('a release that ends right after its health check is found as well where a proxy of the user’s own leads the requests', async () => {
  const own = await testApp({ lab, stem: 'look-own', files: () => doomedFiles() });
  try {
    const image = await probeImage(lab);
    const inputs = { edge: 'none' };
    const good = succeeded(await own.deploy(image, { ...inputs, env: 'VERSION=1' }));
    const second = { ...inputs, env: 'VERSION=2' };
    const run = await deployDoomed(own, (options) => own.deploy(image, second, options));
    expect(run.exitCode).toBe(1);
    expect(run.outputs['rolled-back']).toBe('true');
    expect(await own.release(good.outputs['release'])).toEqual({ web: 'running' });
  } finally {
    await own.remove();
  }
});

function doomedFiles(port?: number) {
  return compose({
    services: {
      web: {
        image: '${IMAGE}',
        ...(port === undefined ? { expose: [3000], healthcheck: HEALTH } : { ports: [`${port}:3000`] }),
        stop_grace_period: '5s',
        environment: { VERSION: '${VERSION}', EXIT_CODE: '7' },
      },
    },
  });
}
