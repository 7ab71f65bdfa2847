/** Restart policies: what is live comes back by itself, what is kept does not (../survival.test.ts). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AppInVersions } from '../../support/app-in-versions.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { killTree } from '../../support/runner/kill-tree.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1);

let app: TestApp;
const ids: string[] = [];

beforeAll(async () => {
  const own = { image: '${IMAGE}', environment: { VERSION: '${VERSION}' }, stop_grace_period: '5s' };
  app = await testApp({
    lab,
    stem: 'policy',
    files: (port) =>
      compose({
        services: {
          web: { ...own, ports: [`${port}:3000`], restart: 'always' },
          jobs: { ...own, deploy: { restart_policy: { condition: 'on-failure', max_attempts: 3 } } },
          once: { ...own, expose: ['3000'] },
        },
      }),
  });
  for (const version of ['1', '2']) ids.push(String((await deploy(version)).outputs['release']));
});
afterAll(() => app.remove());

const deploy = async (version: string) =>
  succeeded(await app.deploy(await probeImage(lab), { env: `VERSION=${version}` }));
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

test('restart policies are the file’s while a release runs; what is kept stopped has none', async () => {
  expect(await policies(ids[1])).toEqual(AS_WRITTEN);
  expect(await policies(ids[0])).toEqual(OFF);
});

test('after kill -9 of the engine what is live with restart: always is there again, what is kept is not', async () => {
  const { StartedAt: before } = (await inspect(ids[1], 'web')).State;
  await lab.run('engine-kill', app.server.name);
  await until('web is started again', async () => (await inspect(ids[1], 'web')).State.StartedAt !== before);
  await answers(app.url('/up'));
  expect(await app.version()).toBe('2');
  expect(await app.release(ids[1])).toMatchObject({ web: 'running' });
  expect(await app.release(ids[0])).toEqual({ jobs: 'exited', once: 'exited', web: 'exited' });
});

test('restart policies come back with a rollback, and go from the release that it replaces', async () => {
  await deploy('2');
  succeeded(await app.rollback());
  expect(await policies(ids[0])).toEqual(AS_WRITTEN);
  expect(await policies(ids[1])).toEqual(OFF);
});

test('restart policies that a killed run had taken from what is live are put back by the next deploy', async () => {
  await app.server.engine.post(`/containers/${app.name}-production-${ids[0]}-web-1/update`, {
    RestartPolicy: { Name: 'no' },
  });
  const { Id, State } = await inspect(ids[0], 'web');
  succeeded(await app.rollback({ to: ids[0] }));
  expect(await policies(ids[0])).toEqual(AS_WRITTEN);
  const after = await inspect(ids[0], 'web');
  expect([after.Id, after.State.StartedAt]).toEqual([Id, State.StartedAt]);
});

test('after power off and on a split that a killed run had left is the same one, without the action', async () => {
  const split = new AppInVersions({ lab, stem: 'split', service: { restart: 'unless-stopped' } });
  try {
    await split.begin();
    const killed = await split.deploy(
      {},
      { strategy: 'canary', canary: '30% 30m, 100%' },
      { interrupt: { when: /go to (?:blue|green), all others/, how: killTree }, withoutPost: true },
    );
    expect(killed.signal).toBe('SIGKILL');
    const shares = async (): Promise<ReadonlyMap<string, number>> => {
      const count = new Map<string, number>();
      for (let request = 0; request < 200; request += 1) {
        const { status, headers } = await ask(split.app.url('/'));
        const who = status === 200 ? String(headers['x-release']) : `status ${status}`;
        count.set(who, (count.get(who) ?? 0) + 1);
      }
      return count;
    };
    const before = await shares();
    await lab.run('kill', split.app.server.name);
    await lab.run('start', split.app.server.name);
    await answers(split.app.url('/up'));
    // Both releases start by themselves, one of them a moment after the other.
    await until('both releases answer', async () => (await shares()).get(split.latest) !== undefined);
    for (const answered of [before, await shares()]) {
      expect([...answered.keys()].sort()).toEqual([split.live, split.latest]);
      // 60 are expected; less than one of a million such splits is further away.
      expect(answered.get(split.latest)).toBeGreaterThan(27);
      expect(answered.get(split.latest)).toBeLessThan(95);
    }
  } finally {
    await split.remove();
  }
});

/** Resolves once an address answers 200. */
const answers = (url: string): Promise<void> =>
  until(`${url} answers 200`, async () => (await ask(url)).status === 200);
