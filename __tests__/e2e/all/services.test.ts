/** What a Compose file asks of a service beside that it runs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { appInVersions } from '../../support/app-in-versions.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose, HEALTH, probe } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { patienceInput } from '../../support/patience.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });

describe('post_start and pre_stop', () => {
  let app: TestApp;
  const file = async (path: string): Promise<string> => (await ask(app.url(`/file?path=${path}`))).body;
  const deploy = async (version: number): Promise<unknown> =>
    succeeded(await app.deploy(await probeImage(lab), { env: `VERSION=${version}` }));

  beforeAll(async () => {
    const shell = (script: string) => ({ command: ['sh', '-c', script], user: 'root' });
    const web = (port: number) => ({
      image: '${IMAGE}',
      user: '1000:1000',
      ports: [`${port}:3000`],
      environment: { VERSION: '${VERSION}' },
      stop_grace_period: '5s',
      tmpfs: ['/run/app:mode=755'],
      volumes: ['notes:/notes'],
      post_start: [shell('echo "of $$VERSION" > /run/app/started')],
      pre_stop: [shell('echo "$$VERSION left" >> /notes/left')],
    });
    app = await testApp({
      lab,
      stem: 'hooked',
      files: (port) => compose({ services: { web: web(port) }, volumes: { notes: {} } }),
    });
    await deploy(1);
    await deploy(2);
  });
  afterAll(() => app.remove());

  test('a release that is replaced runs pre_stop before it stops', async () => {
    expect(await file('/notes/left')).toBe('1 left\n');
  });

  test('a rollback runs post_start again, as Compose does at every start', async () => {
    expect(await file('/run/app/started')).toBe('of 2\n');
    succeeded(await app.rollback());
    expect(await app.version()).toBe('1');
    expect(await file('/run/app/started')).toBe('of 1\n');
    expect(await file('/notes/left')).toBe('1 left\n2 left\n');
  });
});

describe('services that do their work and end', () => {
  let app: TestApp;
  let image: string;
  const runs = async (file: string): Promise<string> => (await ask(app.url(`/file?path=/work/${file}`))).body;
  const deploy = (version: number, work = 'true'): Promise<ActionRun> =>
    app.deploy(image, { env: `VERSION=${version}\nWORK=${work}` });
  const started = async (): Promise<unknown> => {
    const all = await app.server.engine.containers(`${app.name}-`);
    return Promise.all(
      [...all.values()].map(
        async ({ id }) => (await app.server.engine.get(`/containers/${id}/json`)).State.StartedAt,
      ),
    );
  };

  beforeAll(async () => {
    image = await probeImage(lab);
    const own = {
      image: '${IMAGE}',
      environment: { VERSION: '${VERSION}' },
      volumes: ['work:/work'],
      stop_grace_period: '5s',
    };
    const job = (script: string) => ({ ...own, command: ['sh', '-c', script] });
    app = await testApp({
      lab,
      stem: 'jobs',
      files: (port) =>
        compose({
          services: {
            web: {
              ...own,
              ports: [`${port}:3000`],
              restart: 'unless-stopped',
              depends_on: { sync: { condition: 'service_completed_successfully', required: false } },
            },
            migrate: { ...job('sleep 2; echo "$$VERSION" >> /work/migrate; ${WORK}'), restart: 'no' },
            seed: job('echo "$$VERSION" >> /work/seed'),
            login: { ...job('echo token > /work/token'), restart: 'no' },
            sync: {
              image: 'busybox:1',
              command: 'cp /work/token /work/synced',
              restart: 'no',
              volumes: ['work:/work'],
              depends_on: { login: { condition: 'service_completed_successfully' } },
            },
          },
          volumes: { work: {} },
        }),
    });
    succeeded(await deploy(1));
  });
  afterAll(() => app.remove());

  test('a first deploy runs each once, in the order of both projects, before traffic moves', async () => {
    expect(await runs('migrate')).toBe('1\n');
    expect(await runs('seed')).toBe('1\n');
    expect(await runs('synced')).toBe('token\n');
    expect(await app.release(reportOf(await app.status()).hosts[0].is)).toEqual({
      ...{ login: 'exited', migrate: 'exited', seed: 'exited', web: 'running' },
    });
  });

  test('a deploy of what is live starts nothing', async () => {
    const before = await started();
    const run = succeeded(await deploy(1));
    expect(reportOf(run).result).toBe('unchanged');
    expect(await started()).toEqual(before);
  });

  test('a job that fails stops the deploy before traffic moves, with what it printed', async () => {
    const run = await deploy(2, 'echo "no such column" >&2; exit 4');
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(
      'migrate did not complete: it exited with code 4. It printed "no such column".',
    );
    expect(run.log).not.toMatch(/^Switch: +after/m);
    expect(await app.version()).toBe('1');
  });

  test('a rollback runs no job again, and asks no registry, although the ended containers are gone', async () => {
    succeeded(await deploy(3));
    expect(await runs('migrate')).toBe('1\n2\n3\n');
    for (const [name, { id }] of await app.server.engine.containers(`${app.name}-`))
      if (/-(?:migrate|seed|login)-1$/.test(name)) await app.server.engine.delete(`/containers/${id}`);
    succeeded(await app.rollback({ 'registry-password': 'wrong' }));
    expect(await app.version()).toBe('1');
    expect(await runs('migrate')).toBe('1\n2\n3\n');
    expect(await runs('seed')).toBe('1\n3\n');
  });
});

describe('a service with container_name', () => {
  const versions = appInVersions({ lab, stem: 'named', service: { container_name: 'only-one' } });

  test('is deployed beside the old one, loses no request, and is found by that name', async () => {
    const load = await versions.visit();
    const run = succeeded(await versions.deploy());
    versions.stays();
    await load.answered(versions.live, 50);
    expect((await load.stop()).failures).toEqual([]);
    expect(run.log).not.toMatch(/exclusive|downtime/);
    expect((await ask(versions.app.url('/ask?url=http://only-one:3000/'))).body).toContain(versions.live);
  });
});

describe('a service whose HEALTHCHECK runs every five minutes', () => {
  const healthcheck = { ...HEALTH, interval: '5m', start_period: '0s' };
  const versions = appInVersions({
    lab,
    stem: 'slow',
    service: { healthcheck },
    behaviour: { UP_AFTER_MS: '' },
    inputs: { 'health-path': '' },
  });

  test('is deployed long before that, and healthy', async () => {
    succeeded(await versions.deploy());
    versions.stays();
    expect(await versions.app.version()).toBe(versions.live);
    expect((await versions.app.status()).outputs['healthy']).toBe('true');
  });

  test('is not deployed if the command of its HEALTHCHECK fails, and the error has what it prints', async () => {
    const run = await versions.deploy({ UP_AFTER_MS: 'never' }, { 'health-timeout': patienceInput(30) });
    expect(run.errors[0]?.message).toContain('HEALTHCHECK starting: /up answered 503');
    expect(await versions.app.version()).toBe(versions.live);
  });
});

test('a migration that hangs is named while the deploy waits, has health-timeout to end, and what waits for it never starts', async () => {
  const app = await testApp({
    lab,
    stem: 'hangs',
    files: (port) =>
      compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            depends_on: { migrate: { condition: 'service_completed_successfully' } },
          },
          migrate: { image: '${IMAGE}', command: ['sleep', '1d'], init: true, restart: 'no' },
        },
      }),
  });
  try {
    const run = await app.deploy(await probeImage(lab), { 'health-timeout': '12s' });
    expect(run.errors[0]?.message).toMatch(
      /not healthy within .* \(migrate: running\)\. migrate must end before/,
    );
    expect(run.log).toMatch(/^… .*start .*migrate.*migrate: running$/m);
    expect([...(await app.server.engine.containers(`${app.name}-`)).keys()].join()).not.toContain('-web-');
  } finally {
    await app.remove();
  }
});

test('the base of another image is built and not run', async () => {
  const app = await testApp({
    lab,
    stem: 'base',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({
        services: {
          base: { build: '.', command: ['true'] },
          web: {
            build: {
              context: '.',
              dockerfile_inline: 'FROM base\n',
              additional_contexts: { base: 'service:base' },
            },
            ports: [`${port}:3000`],
            restart: 'unless-stopped',
          },
        },
      }),
    }),
  });
  try {
    const run = succeeded(await app.deliver());
    expect(run.log).toContain('base: another image is built from it');
    expect(await app.version()).toBe('1');
    expect(await app.release(reportOf(run).release)).toEqual({ web: 'running' });
    // What `build` tells a later `deploy` names the base as well.
    const { image = '' } = run.outputs;
    expect(reportOf(succeeded(await app.deploy(image))).result).toBe('unchanged');
  } finally {
    await app.remove();
  }
});
