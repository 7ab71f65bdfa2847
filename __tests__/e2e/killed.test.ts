/** A step that is killed or cancelled: its post step, or the next run, finishes what it left (all/deaths-…, all/cancelled.test.ts). */
import { expect, test } from '@jest/globals';
import { appInVersions } from '../support/app-in-versions.ts';
import { provesDeaths } from '../support/deaths/proofs.ts';
import { labWith } from '../support/lab.ts';
import { reportOf, succeeded } from '../support/test-app.ts';

const lab = await labWith(1);

// Where most could go wrong; all/deaths-canary.test.ts dies at every step.
provesDeaths(lab, 'canary', (deaths) =>
  deaths.filter(({ step: { kind, nth } }) => kind === 'switch-traffic' && nth === 1),
);

const versions = appInVersions({ lab, stem: 'killed' });
const locks = async () =>
  [...(await versions.app.server.engine.containers(`${versions.app.name}-`)).keys()].filter((name) =>
    name.endsWith('-lock'),
  );

test('the post step of a step that was killed brings the live release back as a whole, without a lost request, and says so', async () => {
  const load = await versions.visit({ visitors: 1, pause: 40 });
  const killed = await versions.deploy(
    {},
    { strategy: 'canary', canary: '50% 30m, 100%' },
    { interrupt: { when: /go to (?:blue|green), all others/, how: 'SIGKILL' } },
  );
  expect(killed.signal).toBe('SIGKILL');
  expect(killed.post?.exitCode).toBe(0);
  expect(killed.post?.log).toMatch(/This step was cut short\. Its post step brings [0-9a-f]{8} back/);
  expect(killed.post?.summary).toMatch(/This step was cut short/);
  load.expect(versions.live);
  await load.answered(versions.live, 50);
  expect((await load.stop()).failures).toEqual([]);
  expect(await locks()).toEqual([]);
  const [host] = reportOf(succeeded(await versions.app.status())).hosts;
  expect(host).toMatchObject({ healthy: true, is: host.is });
  // Nothing of the release that was not accepted runs on.
  const running = Object.entries(await versions.app.containers()).filter(([, state]) => state === 'running');
  expect(running.map(([name]) => name.replace(/-[0-9a-f]{8}-/, '-*-'))).toEqual([
    `${versions.app.name}-production-*-web-1`,
    `${versions.app.name}-production-edge`,
  ]);
});

test('a deploy that is cancelled while the new release is watched goes back within the time that the runner gives it', async () => {
  const load = await versions.visit({ visitors: 1, pause: 40 });
  const run = await versions.deploy(
    {},
    { bake: '30m' },
    { interrupt: { when: /… .* watch /, how: 'cancel' } },
  );
  expect({ exitCode: run.exitCode, signal: run.signal }).toEqual({ exitCode: 1, signal: undefined });
  expect(run.errors[0]?.message).toMatch(/The job was cancelled\..* Traffic is on [0-9a-f]{8} again/);
  expect(run.post?.log).toBe('');
  load.expect(versions.live);
  await load.answered(versions.live, 50);
  expect((await load.stop()).failures).toEqual([]);
  expect(await locks()).toEqual([]);
});
