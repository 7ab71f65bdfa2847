/** What a release on a swarm meets after it runs, or on one node alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { probeService, type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(2);
const [, second] = lab.servers;
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
const LOCK = (): string => `${app.stack}.sealift.lock`;
const messages = (run: ActionRun) => run.errors.map(({ message }) => message);

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({
    lab,
    stem: 'obstacles',
    files: (port) => compose({ services: { web: probeService(port) } }),
  });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2']);
  succeeded(await app.deploy(imageOf(0)));
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

test('a release whose url does not answer as it should goes back, although all of its tasks run', async () => {
  const run = await app.deploy(imageOf(1), { url: app.app.url('/status?code=404'), 'url-timeout': '5s' });
  expect(messages(run)).toEqual([expect.stringMatching(/^url: .* is live again, wholly\.$/)]);
  expect(await app.running()).toEqual({ web: [imageOf(0), imageOf(0)] });
});

test('a command after the release that fails is a warning: the release is live', async () => {
  const command = `web=node -e 'console.log("tells everybody"); process.exit(3)'`;
  const run = succeeded(await app.deploy(imageOf(1), { 'after-release': command }));
  expect(run.log).toContain('│ tells everybody');
  expect(run.warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/after-release.* failed in web with exit code 3\./),
  ]);
  expect(reportOf(run).result).toBe('deployed');
  expect(await app.running()).toEqual({ web: [imageOf(1), imageOf(1)] });
});

test('an image that one node can not pull takes the release back, and the error names the node', async () => {
  const { name = '' } = second ?? {};
  const [host = '', port = ''] = lab.registry.address.split(':');
  const wall = ['OUTPUT', '--destination', host, '--protocol', 'tcp', '--dport', port, '--jump', 'REJECT'];
  await lab.run('in', name, 'iptables', '--append', ...wall);
  const run = await app.deploy(imageOf(2), { 'health-timeout': '20s' });
  await lab.run('in', name, 'iptables', '--delete', ...wall);
  expect(messages(run)).toEqual([
    expect.stringMatching(
      new RegExp(`^web did not converge: .* on ${name}: No such image: .* is live again, wholly\\.$`),
    ),
  ]);
  expect(await app.running()).toEqual({ web: [imageOf(1), imageOf(1)] });
});

test('a killed step is finished by its post step: the live release is whole again, and the lock is given back', async () => {
  const killed = await app.deploy(imageOf(2), {}, { interrupt: { when: /… web 1 of 2/, how: 'SIGKILL' } });
  expect(killed.signal).toBe('SIGKILL');
  expect(killed.post?.notices.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^This step was cut short\. Its post step brings \S+ back/),
  ]);
  expect(killed.post?.summary).toContain('This step was cut short.');
  expect(await app.running()).toEqual({ web: [imageOf(1), imageOf(1)] });
  expect(await app.objects('configs')).not.toContain(LOCK());
});

test('the lock of a killed run that has no post step ends by itself: the next one waits for that', async () => {
  const interrupt = { when: /… web 1 of 2/, how: 'SIGKILL' } as const;
  const killed = await app.deploy(imageOf(2), {}, { interrupt, withoutPost: true });
  expect(killed.signal).toBe('SIGKILL');
  expect(messages(await app.deploy(imageOf(2), { 'lock-timeout': '0s' }))).toEqual([
    expect.stringMatching(
      /lock-timeout: .* locked by a run of mona, .*its lock ends 90 s after its last sign of life/,
    ),
  ]);
  const run = succeeded(await app.deploy(imageOf(2)));
  expect(run.log).toMatch(/the lock of a run of mona, .* has expired/);
  // Also if the killed run had only not recorded it yet.
  expect(reportOf(await app.status()).live).toBe(run.outputs['release']);
  expect(await app.running()).toEqual({ web: [imageOf(2), imageOf(2)] });
});

test('a run whose lock is removed changes nothing more, and does not go back over the release of another run', async () => {
  const { engine } = app.manager;
  let shown: ActionRun | undefined;
  let other: ActionRun | undefined;
  const how = async (): Promise<void> => {
    shown = await app.unlock({ 'dry-run': 'true' });
    const configs: { ID: string; Spec: { Name: string } }[] = await engine.get('/configs');
    const lock = configs.find(({ Spec }) => Spec.Name === LOCK());
    await engine.delete(`/configs/${lock?.ID}`);
    other = await app.deploy(imageOf(1));
  };
  const url = { url: app.app.url('/status?code=404'), 'url-timeout': '10m' };
  const run = await app.deploy(imageOf(0), url, { interrupt: { when: /… ask url/, how } });
  expect(reportOf(succeeded(shown ?? run))).toMatchObject({
    result: 'planned',
    locks: [{ host: app.manager.url, actor: 'mona', expired: false }],
  });
  succeeded(other ?? run);
  expect(messages(run)).toEqual([expect.stringContaining('another run has locked it')]);
  expect(run.log).not.toMatch(/deploy \S+ again/);
  expect(run.post?.log).toBe('');
  expect(await app.running()).toEqual({ web: [imageOf(1), imageOf(1)] });
  const status = reportOf(await app.status());
  expect(status.release).toBe(other?.outputs['release']);
  expect(await app.objects('configs')).not.toContain(LOCK());
});
