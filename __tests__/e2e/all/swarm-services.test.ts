/** Services of a swarm that were made by hand: only their image is changed, watched, and taken back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { labWith, registryInputs } from '../../support/lab.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(2);
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
const NAMES = ['web', 'worker'] as const;
const nameOf = (name: (typeof NAMES)[number]): string => `${app.stack}-${name}`;

const docker = (...args: readonly string[]): Promise<string> =>
  lab.run('in', app.manager.name, 'docker', ...args);

/** What a service is, without what each update changes. */
async function specOf(name: string): Promise<Record<string, unknown>> {
  const [service] = JSON.parse(await docker('service', 'inspect', name));
  const { TaskTemplate, ...spec } = service.Spec;
  const { ContainerSpec, ...task } = TaskTemplate;
  return { ...spec, TaskTemplate: { ...task, ContainerSpec: { ...ContainerSpec, Image: '' } } };
}

/** Images of the tasks that run. */
async function images(name: string): Promise<readonly string[]> {
  const format = '{{.CurrentState}} {{.Image}}';
  const lines = await docker(
    'service',
    'ps',
    '--no-trunc',
    '--filter',
    'desired-state=running',
    '--format',
    format,
    name,
  );
  return lines
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('Running'))
    .map((line) => line.split(' ').at(-1) ?? '');
}

const deploy = (version: number, service: string, inputs: Inputs = {}): Promise<ActionRun> =>
  app.deploy(imageOf(version), { service, ...inputs });

const messages = (run: ActionRun) => run.errors.map(({ message }) => message);

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({ lab, stem: 'byhand', files: () => ({ 'README.md': '' }) });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2']);
  const { registry } = lab;
  await docker('login', '--username', registry.username, '--password', registry.password, registry.address);
  for (const name of NAMES) {
    const variables = ['--env', 'PORT=3000', '--env', `ROLE=${name}`, '--label', 'made=by-hand'];
    const update = ['--update-monitor', '1s', '--restart-delay', '500ms', '--replicas', '2'];
    const create = ['service', 'create', '--detach', '--with-registry-auth', '--name', nameOf(name)];
    await docker(...create, ...variables, ...update, imageOf(0));
  }
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

test('only the image changes, by digest, and the job waits until all tasks run it', async () => {
  const before = await specOf(nameOf('web'));
  const run = succeeded(await deploy(1, nameOf('web')));
  expect(await images(nameOf('web'))).toEqual([imageOf(1), imageOf(1)]);
  expect(await images(nameOf('worker'))).toEqual([imageOf(0), imageOf(0)]);
  expect(await specOf(nameOf('web'))).toEqual(before);
  expect(run.log).toContain(`update service ${nameOf('web')}: image: ${imageOf(0)} → ${imageOf(1)}`);
  expect(reportOf(run).result).toBe('deployed');
  expect(reportOf(succeeded(await deploy(1, nameOf('web')))).result).toBe('unchanged');
});

test('when one of several fails, all get back the image that they had', async () => {
  // The worker ends with the new version only.
  const command = 'process.env.VERSION === "2" ? process.exit(3) : import("/app/app.js")';
  await docker(
    'service',
    'update',
    '--detach=false',
    '--quiet',
    '--args',
    `node -e '${command}'`,
    nameOf('worker'),
  );
  const run = await deploy(2, `${nameOf('web')}\n${nameOf('worker')}`, { 'health-timeout': '60s' });
  expect(messages(run)).toEqual([
    expect.stringMatching(
      new RegExp(`${nameOf('worker')} did not converge: .*exit.*3.* is live again, wholly\\.$`),
    ),
  ]);
  expect(await images(nameOf('web'))).toEqual([imageOf(1), imageOf(1)]);
  expect(await images(nameOf('worker'))).toEqual([imageOf(0), imageOf(0)]);
});

test('what the swarm has rolled back by itself is no success, and the image before is live again, wholly', async () => {
  await docker(
    ...['service', 'update', '--detach=false', '--quiet'],
    ...['--update-failure-action', 'rollback', nameOf('worker')],
  );
  const run = await deploy(2, nameOf('worker'), { 'health-timeout': '60s' });
  expect(messages(run)).toEqual([
    expect.stringMatching(new RegExp(`${nameOf('worker')} did not converge: .* is live again, wholly\\.$`)),
  ]);
  expect(await images(nameOf('worker'))).toEqual([imageOf(0), imageOf(0)]);
  expect(reportOf(succeeded(await deploy(0, nameOf('worker')))).result).toBe('unchanged');
});

test('a dry run changes nothing; what is not there, and what Sealift delivers as a whole, is refused', async () => {
  const plan = succeeded(await deploy(2, nameOf('web'), { 'dry-run': 'true' }));
  expect(plan.log).toContain(`update service ${nameOf('web')}: image`);
  expect(await images(nameOf('web'))).toEqual([imageOf(1), imageOf(1)]);
  expect(messages(await deploy(2, 'nobody'))).toEqual([
    expect.stringMatching(/^service: the swarm has no service nobody\./),
  ]);
  await docker(
    'service',
    'update',
    '--detach',
    '--quiet',
    '--label-add',
    'sealift.app=shop',
    nameOf('worker'),
  );
  expect(messages(await deploy(2, nameOf('worker')))).toEqual([
    expect.stringMatching(/^service: \S+ belongs to shop in /),
  ]);
});

test('several images: each service gets that of its build', async () => {
  await docker(
    'service',
    'update',
    '--detach=false',
    '--quiet',
    '--label-rm',
    'sealift.app',
    nameOf('worker'),
  );
  const image = `one=${imageOf(0)}\ntwo=${imageOf(1)}`;
  const given = { ...registryInputs(lab), image };
  expect(messages(await app.deploy(undefined, { ...given, service: nameOf('web') }))).toEqual([
    expect.stringMatching(/^service: there are several images, of one and two\./),
  ]);
  succeeded(
    await app.deploy(undefined, { ...given, service: `${nameOf('web')}=one\n${nameOf('worker')}=two` }),
  );
  expect(await images(nameOf('web'))).toEqual([imageOf(0), imageOf(0)]);
  expect(await images(nameOf('worker'))).toEqual([imageOf(1), imageOf(1)]);
});
