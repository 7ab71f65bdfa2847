/** Back to an earlier release. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compose, probe } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const secret = (version: number): string => `what only release ${version} may know`;

let app: TestApp;
const ids: string[] = [];
const text = async (path: string): Promise<string> => (await ask(app.url(path))).body;
const containersOf = async (id: string | undefined): Promise<Record<string, string>> => {
  const found = await app.server.engine.containers(`${app.name}-production-${id}-`);
  return Object.fromEntries([...found].map(([name, { id: is }]) => [name, is]));
};

beforeAll(async () => {
  const own = {
    image: '${IMAGE}',
    secrets: ['key'],
    stop_grace_period: '5s',
    environment: { VERSION: '${VERSION}' },
  };
  app = await testApp({
    lab,
    stem: 'back',
    files: (port) => ({
      ...probe({ version: 'none', healthcheck: false }),
      ...compose({
        services: {
          web: { ...own, ports: [`${port}:3000`], depends_on: ['api'] },
          api: { ...own, expose: ['3000'] },
        },
        secrets: { key: { file: './key.txt' } },
      }),
      'key.txt': secret(1),
    }),
  });
  let image: string | undefined;
  for (const version of [1, 2, 3]) {
    await app.checkout.commit({ 'key.txt': secret(version) });
    const inputs = { env: `VERSION=${version}`, 'health-path': '/up' };
    const deploy =
      image === undefined ? app.deliver({ ...inputs, tags: 'v1.0.0' }) : app.deploy(image, inputs);
    const { outputs } = succeeded(await deploy);
    ids.push(String(outputs['release']));
    ({ image } = outputs);
  }
});
afterAll(() => app.remove());

test('a rollback goes to the release before, with no pull and no build, and one more goes back to where it came from', async () => {
  const run = succeeded(await app.rollback());
  expect(await app.version()).toBe('2');
  expect(run.outputs).toMatchObject({ release: ids[1], 'previous-release': ids[2], 'rolled-back': 'false' });
  expect(run.debug.join('\n')).not.toMatch(/docker (pull|buildx|build|compose)/);
  expect(await app.release(ids[2])).toEqual({ api: 'exited', web: 'exited' });
  expect(succeeded(await app.rollback()).outputs['release']).toBe(ids[2]);
});

test('a rollback to a tag in the slot of the live release starts the containers that are there, secrets and all, and loses no request', async () => {
  const before = await containersOf(ids[0]);
  const load = startLoad(app.url());
  await load.answered('3', 20);
  succeeded(await app.rollback({ to: 'v1.0.0' }));
  await load.answered('1', 50);
  expect((await load.stop()).failures).toEqual([]);
  expect(await containersOf(ids[0])).toEqual(before);
  expect(Object.keys(before)).toHaveLength(2);
  expect(await app.release(ids[0])).toEqual({ api: 'running', web: 'running' });
  // It finds its own services, never those of the release before.
  expect(await text('/ask?url=http://api:3000/file?path=/run/secrets/key')).toBe(secret(1));
});

test('a rollback to what is live changes nothing; one to what is not there is refused, and the error names what there is', async () => {
  const before = await snapshot(app.server);
  const run = await app.rollback({ to: ids[0] });
  expect(reportOf(run).result).toBe('unchanged');
  const refused = await app.rollback({ to: 'v9' });
  expect(refused.succeeded).toBe(false);
  for (const part of ['to: ', ...ids]) expect(refused.errors[0]?.message).toContain(part);
  expect(await snapshot(app.server)).toBe(before);
});

test('a rollback to a release whose containers are gone takes its secrets from the run, and is refused before anything is changed without', async () => {
  await app.server.engine.delete(`/containers/${app.name}-production-${ids[1]}-web-1?force=true`);
  const before = await snapshot(app.server);
  const run = await app.rollback({ to: ids[1] });
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain(
    'the contents of its secrets and configs are never kept on a host: key.',
  );
  expect(await snapshot(app.server)).toBe(before);
  const secrets = `key="${secret(2)}, and then again"\nother=not of this release`;
  succeeded(
    await app.rollback({ to: ids[1], secrets }, { secrets: { key: `${secret(2)}, and then again` } }),
  );
  expect(await app.version()).toBe('2');
  expect(await text('/file?path=/run/secrets/key')).toBe(`${secret(2)}, and then again`);
});
