/** What Sealift knows of a host outlives what happens to servers: pruning, a lost edge, power off. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { readLab } from '../support/lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();

describe('two releases on a server', () => {
  let app: TestApp;
  let first = '';
  let second = '';

  beforeAll(async () => {
    const service = { restart: 'unless-stopped' };
    app = await testApp({ lab, stem: 'survive', files: (port) => webApp({ version: '1', port, service }) });
    first = String(succeeded(await app.deliver()).outputs['release']);
    await app.checkout.commit(probe({ version: '2' }));
    second = String(succeeded(await app.deliver()).outputs['release']);
  }, 120_000);
  afterAll(() => app.remove());

  const edge = (): string => `${app.name}-production-edge`;
  const kept = async (): Promise<string[]> => {
    const [host] = reportOf(succeeded(await app.status())).hosts;
    return host.kept.map(
      (release: { release: string; live: boolean }) => `${release.release} ${release.live}`,
    );
  };

  test('docker system prune -f takes neither the records nor the images: the release before can be gone back to', async () => {
    await lab.run('in', app.server.name, 'docker', 'system', 'prune', '-f');
    expect(await kept()).toEqual([`${second} true`, `${first} false`]);
    const back = succeeded(await app.rollback());
    expect(back.debug.join('\n')).not.toMatch(/docker pull/);
    expect(await app.version()).toBe('1');
    succeeded(await app.rollback({ to: second }));
    expect(await app.version()).toBe('2');
  });

  test('a lost edge takes neither what is live nor what was before with it; the next deploy puts it back', async () => {
    await lab.run('in', app.server.name, 'docker', 'rm', '-f', edge());
    expect(await kept()).toEqual([`${second} true`, `${first} false`]);
    const again = succeeded(await app.deliver());
    expect(again.outputs['release']).toBe(second);
    expect(await app.version()).toBe('2');
  });

  test('after power off and on the same release serves, and all is remembered', async () => {
    await lab.run('kill', app.server.name);
    await lab.run('start', app.server.name);
    await answers(app.url('/up'));
    expect(await app.version()).toBe('2');
    expect(await kept()).toEqual([`${second} true`, `${first} false`]);
    expect(await app.release(first)).toEqual({ web: 'exited' });
  });
});

describe('restart policies', () => {
  let app: TestApp;
  const ids: string[] = [];

  beforeAll(async () => {
    const own = { build: '.', stop_grace_period: '5s' };
    app = await testApp({
      lab,
      stem: 'policy',
      files: (port) => ({
        ...probe({ version: '1' }),
        ...compose({
          services: {
            web: { ...own, ports: [`${port}:3000`], restart: 'always' },
            jobs: { ...own, deploy: { restart_policy: { condition: 'on-failure', max_attempts: 3 } } },
            once: { ...own, expose: ['3000'] },
          },
        }),
      }),
    });
    for (const version of ['1', '2']) {
      await app.checkout.commit(probe({ version }));
      ids.push(String(succeeded(await app.deliver()).outputs['release']));
    }
  }, 240_000);
  afterAll(() => app.remove());

  const inspect = (id: string | undefined, service: string) =>
    app.server.engine.get(`/containers/${app.name}-production-${id}-${service}-1/json`);
  const policies = async (id: string | undefined): Promise<Record<string, string>> => {
    const found = ['web', 'jobs', 'once'].map(async (service) => {
      const { Name, MaximumRetryCount } = (await inspect(id, service)).HostConfig.RestartPolicy;
      return [service, MaximumRetryCount === 0 ? Name : `${Name}:${MaximumRetryCount}`] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  };
  const AS_WRITTEN = { web: 'always', jobs: 'on-failure:3', once: 'no' };
  const OFF = { web: 'no', jobs: 'no', once: 'no' };

  test('are the file’s while a release runs; what is kept stopped has none', async () => {
    expect(await policies(ids[1])).toEqual(AS_WRITTEN);
    expect(await policies(ids[0])).toEqual(OFF);
  });

  test('after kill -9 of the engine what is live with restart: always is there again, what is kept is not', async () => {
    const { StartedAt: before } = (await inspect(ids[1], 'web')).State;
    await lab.run('engine-kill', app.server.name);
    await until(async () => (await inspect(ids[1], 'web')).State.StartedAt !== before);
    await answers(app.url('/up'));
    expect(await app.version()).toBe('2');
    expect(await app.release(ids[1])).toMatchObject({ web: 'running' });
    expect(await app.release(ids[0])).toEqual({ jobs: 'exited', once: 'exited', web: 'exited' });
  });

  test('come back with a rollback, and go from the release that it replaces', async () => {
    succeeded(await app.deliver());
    succeeded(await app.rollback());
    expect(await policies(ids[0])).toEqual(AS_WRITTEN);
    expect(await policies(ids[1])).toEqual(OFF);
  });

  test('that a killed run had taken from what is live are mended by the next deploy', async () => {
    await app.server.engine.post(`/containers/${app.name}-production-${ids[0]}-web-1/update`, {
      RestartPolicy: { Name: 'no' },
    });
    const { Id, State } = await inspect(ids[0], 'web');
    succeeded(await app.rollback({ to: ids[0] }));
    expect(await policies(ids[0])).toEqual(AS_WRITTEN);
    const after = await inspect(ids[0], 'web');
    expect([after.Id, after.State.StartedAt]).toEqual([Id, State.StartedAt]);
  });
});

/** Resolves once something is so; where it can't be asked yet it is not. A test's own time limit ends it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Resolves once an address answers 200; a test's own time limit ends it. */
async function answers(url: string): Promise<void> {
  await until(async () => (await ask(url)).status === 200);
}
