/** A cancelled step whose way back takes longer than the runner waits: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL (../killed.test.ts). */
import { expect, test } from '@jest/globals';
import { appInVersions } from '../../support/app-in-versions.ts';
import { labWith } from '../../support/lab.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({ lab, stem: 'cancelled', behaviour: { BOOT_MS: '' } });
/** Milliseconds that a release takes to start: longer than a cancelled step has. */
const SLOW = 20_000;

test('a cancelled deploy that can not go back in time is killed, and its post step finishes what is left', async () => {
  const old = succeeded(await versions.deploy({ BOOT_MS: SLOW }, { strategy: 'recreate' }));
  versions.stays();
  const cancelled = await versions.deploy(
    {},
    { strategy: 'recreate', bake: '30m' },
    { interrupt: { when: /… .* watch /, how: 'cancel' } },
  );
  expect(cancelled.signal).toBe('SIGKILL');
  const { release } = old.outputs;
  expect(cancelled.post?.exitCode).toBe(0);
  expect(cancelled.post?.log).toContain(`Its post step brings ${release} back`);
  expect(cancelled.post?.summary).toContain(`rolled back to \`${release}\``);
  expect(await versions.app.version()).toBe(versions.live);
  const [host] = reportOf(succeeded(await versions.app.status())).hosts;
  expect(host).toMatchObject({ healthy: true, is: release });
});

test('the run after it has nothing to repair and waits for nobody', async () => {
  const run = succeeded(await versions.deploy({}, { strategy: 'recreate' }));
  versions.stays();
  expect(run.log).not.toMatch(/waiting for a run|has expired|Recover/);
});

test('a rollback that is killed is finished by its post step too', async () => {
  const { outputs } = succeeded(await versions.app.status());
  const killed = await versions.app.rollback(
    {},
    { interrupt: { when: /✓ .* switch traffic to/, how: 'SIGKILL' } },
  );
  expect(killed.signal).toBe('SIGKILL');
  expect(killed.post?.log).toContain(`Its post step brings ${outputs['release']} back`);
  expect(await versions.app.version()).toBe(versions.live);
});

test('where the server can not be reached the post step says so, and the next deploy repairs what was left', async () => {
  const { app } = versions;
  const killed = await versions.deploy(
    {},
    {},
    {
      interrupt: { when: /✓ .* start web/, how: 'SIGKILL' },
      beforePost: async () => void (await lab.run('sshd-stop', app.server.name)),
    },
  );
  await lab.run('sshd-start', app.server.name);
  expect(killed.post?.exitCode).toBe(1);
  expect(killed.post?.errors).toHaveLength(1);
  expect(killed.post?.log).toContain('Its lock expires by itself.');
  succeeded(await versions.deploy());
  versions.stays();
  expect(await app.version()).toBe(versions.live);
});
