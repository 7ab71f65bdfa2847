/** Deliveries that end early or come in parts, what they leave, and whose credentials they use (../deliver.test.ts). */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Inputs } from '../../support/action.ts';
import { buildVersions } from '../../support/apps/images.ts';
import { compose, probe, webApp } from '../../support/apps/probe.ts';
import { tagsOf } from '../../support/lab/registry.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith, registryInputs } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(1, { builds: true });

describe('a build that can not be is all that a job does:', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({ lab, stem: 'stops', files: (port) => webApp({ version: '1', port }) });
  });
  afterAll(() => app.remove());

  const plain = { 'compose.yaml': undefined };
  afterEach(() => app.checkout.commit(webApp({ version: '1', port: app.port })));
  test.each<[string, Files, Inputs, string, string]>([
    [
      'a build that fails',
      { Dockerfile: 'FROM node:24-slim\nRUN echo no tea; exit 7\n' },
      {},
      'no tea',
      'RUN',
    ],
    [
      'a Dockerfile that is not there',
      plain,
      { file: 'Dockerfile.no', port: '3000' },
      'Dockerfile.no',
      'file',
    ],
    [
      'a stage that the Dockerfile does not have',
      plain,
      { target: 'stage9', port: '3000' },
      'stage9',
      'target',
    ],
  ])('where there is %s nothing is pushed, and nothing deployed', async (_, files, inputs, shown, input) => {
    await app.checkout.commit(files);
    const before = await snapshot(app.server);
    const run = await app.deliver(inputs);
    expect(run.succeeded).toBe(false);
    expect(run.log).toContain(shown);
    expect(run.errors[0]?.message).toContain(input);
    expect(run.errors[0]?.message).toContain('Nothing was deployed.');
    expect(run.summary).toContain('Nothing was deployed.');
    expect(await tagsOf(lab, `e2e/${app.name}`)).toEqual([]);
    expect(await snapshot(app.server)).toBe(before);
  });

  test('a job that is cancelled while it waits for the registry says so, and nothing more', async () => {
    const image = `${app.server.address}:9/${app.name}`;
    const run = await app.deliver({ image }, { interrupt: { when: /Trying again in/, how: 'cancel' } });
    expect(run.succeeded).toBe(false);
    expect(run.errors.map(({ message }) => message)).toEqual([
      'The job was cancelled. Nothing was deployed.',
    ]);
  });
});

test('credentials that the runner has already are used, and left alone', async () => {
  const app = await testApp({ lab, stem: 'login', files: (port) => webApp({ version: '1', port }) });
  const { 'registry-username': username, 'registry-password': password } = registryInputs(lab);
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const config = JSON.stringify({ auths: { [lab.registry.address]: { auth } } });
  await app.checkout.commit({
    '.docker/config.json': config,
    '.dockerignore': '**\n!app.js\n!package.json\n',
  });
  try {
    const inputs = { 'registry-username': undefined, 'registry-password': undefined };
    const folder = `${app.checkout.path}/.docker`;
    succeeded(await app.deliver(inputs, { env: { DOCKER_CONFIG: folder }, secrets: { auth } }));
  } finally {
    await app.remove();
  }
});

test('services of one build, and one that names it with the tag latest, run one image that is built, tested and pushed once', async () => {
  const build = { build: '.', image: 'app-php', init: true };
  const sleep = { command: 'sleep infinity', healthcheck: { disable: true } };
  const app = await testApp({
    lab,
    stem: 'anchor',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({
        services: {
          web: {
            ...build,
            ports: [`${port}:3000`],
            depends_on: { migrate: { condition: 'service_completed_successfully' } },
          },
          worker: { ...build, ...sleep },
          migrate: { ...build, restart: 'no', command: 'true', healthcheck: { disable: true } },
          tail: { ...sleep, image: 'app-php:latest', init: true },
        },
      }),
    }),
  });
  try {
    const run = succeeded(await app.deliver({ test: 'node --version' }));
    expect(run.log.match(/^Test of .*: node --version$/gm)).toHaveLength(1);
    expect(run.debug.filter((line) => line.includes('buildx bake'))).toHaveLength(2);
    expect(run.notices.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(
        `app-php of service migrate names no registry, so the image is pushed as ${app.repository}/app-php`,
      ),
    );
    const repository = `e2e/${app.name}`;
    expect(await tagsOf(lab, `${repository}/app-php`)).toContain(app.checkout.sha);
    for (const other of ['', '-web', '-worker', '-migrate', '-tail'])
      expect(await tagsOf(lab, `${repository}${other}`)).toEqual([]);
    expect(await app.version()).toBe('1');
    const { release } = run.outputs;
    const states = await app.release(release);
    expect(states).toMatchObject({ web: 'running', worker: 'running', tail: 'running' });
    const containers = [
      ...(await app.server.engine.containers(`${app.name}-production-${release}-`)).values(),
    ];
    expect(new Set(containers.map(({ image }) => image)).size).toBe(1);
  } finally {
    await app.remove();
  }
});

test('build and deploy as jobs of their own deploy the same digest to one environment after the other, named by digest or by tag', async () => {
  const app = await testApp({ lab, stem: 'halves', files: (port) => webApp({ version: '1', port }) });
  try {
    const built = succeeded(await app.build({ test: 'true' }));
    const staging = succeeded(await app.deploy(built.outputs['image'], { environment: 'staging' }));
    expect(await app.version()).toBe('1');
    const { engine } = app.server;
    await engine.delete(`/containers/${app.name}-staging-edge?force=1`);
    const production = succeeded(await app.deploy(`${app.repository}:${app.checkout.sha}`));
    expect(await app.version()).toBe('1');
    for (const { outputs } of [staging, production]) expect(outputs['image']).toBe(built.outputs['image']);
    expect(production.outputs['release']).not.toBe(staging.outputs['release']);
    expect(production.log).not.toContain('buildx');
  } finally {
    await app.remove();
  }
});

test('the last releases stay and the rest goes, with its images; nothing that is not Sealift’s is touched', async () => {
  const files = (port: number) =>
    compose({ services: { web: { image: '${IMAGE}', ports: [`${port}:3000`] } } });
  const app = await testApp({ lab, stem: 'keep', files });
  const { engine } = app.server;
  const stranger = `${app.name}x`;
  try {
    const images = (await buildVersions(lab, app.repository, ['1', '2', '3'])).map(({ image }) => image);
    await engine.post('/volumes/create', { Name: stranger });
    await engine.post('/images/create?fromImage=busybox&tag=1');
    await engine.post(`/images/busybox:1/tag?repo=${stranger}&tag=1`);
    const ids: (string | undefined)[] = [];
    for (const image of images) {
      ids.push(succeeded(await app.deploy(image, { keep: '2', 'health-path': '/up' })).outputs['release']);
    }
    const states = await Promise.all(ids.map((id) => app.release(id)));
    expect(states).toEqual([{}, { web: 'exited' }, { web: 'running' }]);
    const has = (path: string): Promise<boolean> =>
      engine.get(path).then(
        () => true,
        () => false,
      );
    expect(await Promise.all(images.map((image) => has(`/images/${image}/json`)))).toEqual([
      false,
      true,
      true,
    ]);
    expect(await has(`/images/${stranger}:1/json`)).toBe(true);
    expect(await has(`/volumes/${stranger}`)).toBe(true);
  } finally {
    await engine.delete(`/volumes/${stranger}`).catch(() => undefined);
    await engine.delete(`/images/${stranger}:1`).catch(() => undefined);
    await app.remove();
  }
});
