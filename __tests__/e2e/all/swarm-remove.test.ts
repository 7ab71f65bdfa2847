/** An environment is taken away from a real swarm: all that Sealift made there, and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { probeService, type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(2);
const KINDS = ['services', 'secrets', 'configs', 'networks'] as const;
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const files = (port: number) => ({
  ...compose({
    services: {
      web: probeService(port, { secrets: ['key'], configs: ['motd'], volumes: ['data:/data'] }),
      worker: { image: '${IMAGE}', stop_grace_period: '5s' },
    },
    secrets: { key: { file: 'key.txt' } },
    configs: { motd: { file: 'motd.txt' } },
    volumes: { data: {} },
  }),
  'key.txt': 'a-secret',
  'motd.txt': 'hello',
});

const docker = (...args: readonly string[]): Promise<string> =>
  lab.run('in', app.manager.name, 'docker', ...args);
const left = async (): Promise<readonly string[]> =>
  (await Promise.all(KINDS.map((kind) => app.objects(kind)))).flat();

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({ lab, stem: 'gone', files });
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  succeeded(await app.deploy(imageOf(0)));
  succeeded(await app.deploy(imageOf(1)));
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

test('what can not be removed through a manager is refused, and a dry run changes nothing', async () => {
  const refused = await app.removeEnvironment({ 'remove-volumes': 'true' });
  expect(refused.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^remove-volumes: the volumes of a swarm are on its nodes, which no manager reaches\./,
    ),
  ]);
  const before = await left();
  const run = succeeded(await app.removeEnvironment({ 'dry-run': 'true' }));
  expect(run.log).toContain(`stop and remove services ${app.stack}_web and ${app.stack}_worker`);
  expect(run.log).toContain('remove the records of 2 releases');
  expect(reportOf(run).result).toBe('planned');
  expect(await left()).toEqual(before);
});

test('a service in the stack that Sealift did not make is left, and everything with it', async () => {
  const label = `com.docker.stack.namespace=${app.stack}`;
  const theirs = `${app.stack}_theirs`;
  await docker(
    'service',
    'create',
    '--detach',
    '--name',
    theirs,
    '--label',
    label,
    '--replicas',
    '0',
    imageOf(0),
  );
  const before = await left();
  const run = await app.removeEnvironment();
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(`has services that Sealift did not make: ${theirs}.`),
  ]);
  expect(await left()).toEqual(before);
  await docker('service', 'rm', theirs);
});

test('everything else goes, of all releases; the volumes on the nodes stay, with the command that removes them', async () => {
  await docker('config', 'create', `${app.stack}-by-hand`, '/etc/hostname');
  const run = succeeded(await app.removeEnvironment());
  expect(await left()).toEqual([`${app.stack}-by-hand`]);
  expect(run.log).toContain(`To remove them: docker volume rm ${app.stack}_data`);
  expect(reportOf(run)).toMatchObject({ result: 'removed', hosts: [{ why: 'removed' }] });
  expect((await docker('volume', 'ls', '--quiet')).split('\n')).toContain(`${app.stack}_data`);
});

test('what is not there is no failure, and a later deploy is a first one', async () => {
  expect(reportOf(succeeded(await app.removeEnvironment())).result).toBe('unchanged');
  succeeded(await app.deploy(imageOf(0)));
  expect(await app.running()).toMatchObject({ worker: [imageOf(0)] });
});
