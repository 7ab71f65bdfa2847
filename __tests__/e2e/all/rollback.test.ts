/** Back to an earlier release: whatever names it, wherever it stands, on two hosts (../rollback.test.ts). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { compose, probe, webApp } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith, uniqueName } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(2, { builds: true });

describe('with three versions on two hosts', () => {
  let app: TestApp;
  const runs: ActionRun[] = [];
  const shas: string[] = [];
  const output =
    (name: string) =>
    (version: number): string =>
      String(runs[version - 1]?.outputs[name]);
  const [id, image, digest] = [output('release'), output('image'), output('digest')];

  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'back',
      servers: lab.servers.slice(0, 2),
      files: (port) => webApp({ version: '1', port }),
    });
    for (const version of ['1', '2', '3']) {
      shas.push(await app.checkout.commit(probe({ version })));
      const run = succeeded(await app.deliver({ tags: `v${version}.0.0` }));
      runs.push(run);
    }
  });
  afterAll(() => app.remove());

  const live = async (): Promise<string[]> => [
    ...new Set(await Promise.all(app.servers.map((server) => app.version(server)))),
  ];

  test.each<[string, () => string, string]>([
    ['the beginning of a commit', () => shas[1]?.slice(0, 7) ?? '', '2'],
    ['a digest', () => digest(1), '1'],
    ['an image by digest', () => image(2), '2'],
  ])('a rollback goes to what %s names', async (_, to, version) => {
    succeeded(await app.rollback({ to: to() }));
    expect(await live()).toEqual([version]);
  });

  test('a release whose containers are gone is made again, as it was recorded', async () => {
    const [web] = (await app.server.engine.containers(`${app.name}-production-${id(1)}-web`)).values();
    await app.server.engine.delete(`/containers/${web?.id}`);
    // Today's checkout says otherwise.
    await app.checkout.commit({ 'compose.yaml': 'services: {}\n' });
    succeeded(await app.rollback({ to: id(1) }));
    expect(await live()).toEqual(['1']);
    expect(await app.release(id(1))).toEqual({ web: 'running' });
  });

  test('a rollback to a release that does not answer as expected fails, and what was live stays', async () => {
    const run = await app.rollback({ to: id(3), url: app.url(), 'url-body': 'never', 'url-timeout': '1s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('url-body');
    expect(run.outputs).toMatchObject({ 'rolled-back': 'true' });
    expect(await live()).toEqual(['1']);
  });
});

describe('where a release stands in the slot of the live one', () => {
  const secret = (version: number): string => `what only release ${version} may know`;
  let app: TestApp;
  const ids: string[] = [];

  beforeAll(async () => {
    const own = { build: '.', secrets: ['key'], stop_grace_period: '5s' };
    app = await testApp({
      lab,
      stem: 'slot',
      files: (port) => ({
        ...probe({ version: '1' }),
        ...compose({
          services: {
            web: { ...own, ports: [`${port}:3000`], depends_on: ['api'], networks: ['default', 'aside'] },
            api: { ...own, expose: ['3000'], networks: { default: { aliases: ['backend'] } } },
            jobs: own,
          },
          // It sorts before the networks of the slots.
          networks: { default: { name: uniqueName('a') }, aside: {} },
          secrets: { key: { file: './key.txt' } },
        }),
        'key.txt': secret(1),
      }),
    });
    for (const version of [1, 2, 3]) {
      await app.checkout.commit({ ...probe({ version: String(version) }), 'key.txt': secret(version) });
      ids.push(String(succeeded(await app.deliver()).outputs['release']));
    }
  });
  afterAll(() => app.remove());

  /** How a container is on its slot's network. */
  const endpointOf = async (name: string): Promise<{ Aliases: string[]; GwPriority: number }> => {
    const { NetworkSettings } = await app.server.engine.get(
      `/containers/${app.name}-production-${name}/json`,
    );
    const [slot] = await inSlots(app, name);
    return NetworkSettings.Networks[`${app.name}-production-${slot}`];
  };
  const namesOf = async (name: string): Promise<string[]> => (await endpointOf(name)).Aliases;
  const text = async (path: string): Promise<string> => (await ask(app.url(path))).body;

  test('containers that move to the other slot have the names there that they had before', async () => {
    const names = await namesOf(`${ids[0]}-api-1`);
    succeeded(await app.rollback({ to: ids[0] }));
    expect(names).toContain('backend');
    expect(await namesOf(`${ids[0]}-api-1`)).toEqual(expect.arrayContaining(names));
    expect((await endpointOf(`${ids[0]}-api-1`)).GwPriority).toBe(1);
    expect(await app.release(ids[0])).toEqual({ api: 'running', jobs: 'running', web: 'running' });
    expect(await app.release(ids[2])).toEqual({ api: 'exited', jobs: 'exited', web: 'exited' });
  });

  test.each(['api', 'backend'])(
    'services that have moved to the other slot find each other as %s, and never those of the release before',
    async (name) => {
      expect(JSON.parse(await text(`/ask?url=http://${name}:3000/`))).toMatchObject({ version: '1' });
      expect(await text(`/ask?url=http://${name}:3000/file?path=/run/secrets/key`)).toBe(secret(1));
    },
  );

  test('wherever the releases stand, a rollback can go to each of them, one after another', async () => {
    for (const version of [3, 1, 2, 1, 3]) {
      succeeded(await app.rollback({ to: ids[version - 1] }));
      expect(await app.version()).toBe(String(version));
      expect(await text('/file?path=/run/secrets/key')).toBe(secret(version));
    }
  });

  test('a move between slots that was cut short is finished by the next rollback', async () => {
    // 3 is live. 1 stands partly here, partly there: one container in the other slot, one on both, one where it was.
    const [web, api] = ['web', 'api'].map((name) => `${app.name}-production-${ids[0]}-${name}-1`);
    const there = (await inSlots(app, `${ids[0]}-jobs-1`))[0] ?? '';
    const other = there === 'blue' ? 'green' : 'blue';
    const { engine } = app.server;
    const network = (slot: string): string => `/networks/${app.name}-production-${slot}`;
    const join = { EndpointConfig: { Aliases: ['web', `${web}`] } };
    await engine.post(`${network(other)}/connect`, { Container: web, ...join });
    await engine.post(`${network(there)}/disconnect`, { Container: web });
    await engine.post(`${network(other)}/connect`, { Container: api, EndpointConfig: {} });
    succeeded(await app.rollback({ to: ids[0] }));
    expect(await app.version()).toBe('1');
    expect(JSON.parse(await text('/ask?url=http://backend:3000/'))).toMatchObject({ version: '1' });
    const stand = await Promise.all(
      ['web', 'api', 'jobs'].map((name) => inSlots(app, `${ids[0]}-${name}-1`)),
    );
    expect(new Set(stand.map(String)).size).toBe(1);
    expect(stand[0]).toHaveLength(1);
    expect(await namesOf(`${ids[0]}-api-1`)).toContain('backend');
  });

  test('a rollback starts a release also when the networks that only kept releases were on were pruned meanwhile', async () => {
    // 1 is live; 2 and 3 are on "aside" as well, but so is 1: only the slot that is free can be lost, with the edge.
    const { engine } = app.server;
    const [slot] = await inSlots(app, `${ids[0]}-web-1`);
    await engine.delete(`/containers/${app.name}-production-edge?force=true`);
    const pruned = await lab.run('in', app.server.name, 'docker', 'network', 'prune', '-f');
    expect(pruned).toContain(`${app.name}-production-${slot === 'blue' ? 'green' : 'blue'}`);
    succeeded(await app.rollback({ to: ids[1] }));
    expect(await app.version()).toBe('2');
    expect(await text('/file?path=/run/secrets/key')).toBe(secret(2));
  });
});

/** The slots whose networks a container is on. */
async function inSlots(app: TestApp, name: string): Promise<string[]> {
  const { NetworkSettings } = await app.server.engine.get(`/containers/${app.name}-production-${name}/json`);
  const prefix = `${app.name}-production-`;
  return Object.keys(NetworkSettings.Networks)
    .filter((network) => network.startsWith(prefix))
    .map((network) => network.slice(prefix.length));
}

test('where nothing was deployed there is nothing to go back to', async () => {
  const app = await testApp({ lab, stem: 'never', files: (port) => webApp({ version: '1', port }) });
  try {
    const run = await app.rollback();
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/no release/);
  } finally {
    await app.remove();
  }
});
