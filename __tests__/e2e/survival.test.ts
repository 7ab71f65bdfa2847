/** What Sealift knows of a host outlives what happens to servers: pruning, a lost edge, power off. */
import { expect, test } from '@jest/globals';
import { appInVersions } from '../support/app-in-versions.ts';
import { ask } from '../support/http.ts';
import { labWith } from '../support/lab.ts';
import { until } from '../support/patience.ts';
import { reportOf, succeeded } from '../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({ lab, stem: 'survive', service: { restart: 'unless-stopped' } });
let first = '';
let second = '';

const kept = async (): Promise<string[]> => {
  const [host] = reportOf(succeeded(await versions.app.status())).hosts;
  return host.kept.map((release: { release: string; live: boolean }) => `${release.release} ${release.live}`);
};

test('docker system prune -f takes neither the records nor the images: the release before can be gone back to', async () => {
  const { app } = versions;
  const { outputs } = succeeded(await versions.deploy());
  first = String(outputs['previous-release']);
  second = String(outputs['release']);
  await lab.run('in', app.server.name, 'docker', 'system', 'prune', '-f');
  expect(await kept()).toEqual([`${second} true`, `${first} false`]);
  const back = succeeded(await app.rollback());
  expect(back.debug.join('\n')).not.toMatch(/docker pull/);
  expect(await app.version()).toBe('1');
  succeeded(await app.rollback({ to: second }));
  expect(await app.version()).toBe('2');
});

test('a lost edge takes neither what is live nor what was before with it, and the next deploy puts it back', async () => {
  const { app } = versions;
  await lab.run('in', app.server.name, 'docker', 'rm', '-f', `${app.name}-production-edge`);
  expect(await kept()).toEqual([`${second} true`, `${first} false`]);
  expect(succeeded(await versions.deployAgain()).outputs['release']).toBe(second);
  expect(await app.version()).toBe('2');
});

test('after power off and on the same release serves, and all is remembered', async () => {
  const { app } = versions;
  await lab.run('kill', app.server.name);
  await lab.run('start', app.server.name);
  const up = async () => (await ask(app.url('/up'))).status === 200;
  await until('the app answers after power on', up);
  expect(await app.version()).toBe('2');
  expect(await kept()).toEqual([`${second} true`, `${first} false`]);
  expect(await app.release(first)).toEqual({ web: 'exited' });
});
