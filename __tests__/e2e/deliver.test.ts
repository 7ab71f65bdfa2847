/** The main action, whole: from a commit to a running, verified container. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { manifestDigest, tagsOf } from '../support/lab/registry.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { readLab, registryInputs } from '../support/lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';
import type { Files } from '../support/workspace.ts';

const lab = readLab();
const lines = (text: string | undefined): string[] => (text === undefined ? [] : text.split('\n'));

describe('a first version, a second, and the second again', () => {
  let app: TestApp;
  let first: ActionRun;
  let second: ActionRun;
  let again: ActionRun;
  let edgeBefore: unknown;
  let containersBefore: unknown;

  const edge = async (): Promise<unknown> =>
    (await app.server.engine.get(`/containers/${app.name}-production-edge/json`)).State.StartedAt;

  beforeAll(async () => {
    app = await testApp({ lab, stem: 'deliver', files: (port) => webApp({ version: '1', port }) });
    first = await app.deliver({ test: 'node --check /app/app.js', tags: 'latest\n{{branch}}\n{{sha7}}' });
    edgeBefore = await edge();
    await app.checkout.commit(probe({ version: '2' }));
    second = await app.deliver({ url: app.url('/up') });
    containersBefore = await app.server.engine.containers(app.name);
    again = await app.deliver({ url: app.url('/up') }, { runAttempt: '2' });
  });
  afterAll(() => app.remove());

  test('all of them succeed', () => {
    for (const run of [first, second, again]) succeeded(run);
  });

  test('the outputs name the image by digest, its tags and the release', () => {
    expect(first.outputs).toMatchObject({
      image: `${app.repository}@${first.outputs['digest']}`,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      release: expect.stringMatching(/^[0-9a-f]{8}$/),
      'previous-release': '',
      'rolled-back': 'false',
    });
    const [sha] = lines(first.outputs['tags']);
    expect(sha).toMatch(/^[0-9a-f]{40}$/);
    expect(lines(first.outputs['tags'])).toEqual([sha, 'latest', 'main', sha?.slice(0, 7)]);
  });

  test('the registry has that digest under each of the tags', async () => {
    for (const tag of lines(first.outputs['tags'])) {
      expect(await manifestDigest(lab, `e2e/${app.name}`, tag)).toBe(first.outputs['digest']);
    }
  });

  test('the container runs that digest, and the app answers with the second version', async () => {
    const web = `${app.name}-production-${second.outputs['release']}-web-1`;
    const { Config } = await app.server.engine.get(`/containers/${web}/json`);
    expect(Config.Image).toBe(second.outputs['image']);
    expect(await app.version()).toBe('2');
  });

  test('the image has the labels of its origin', async () => {
    const { Config } = await app.server.engine.get(`/images/${second.outputs['image']}/json`);
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.revision': app.checkout.sha,
      'org.opencontainers.image.source': 'https://github.com/octo/shop',
      'org.opencontainers.image.created': expect.any(String),
      'org.opencontainers.image.version': expect.any(String),
    });
  });

  test('the release before stays, stopped, to go back to', async () => {
    expect(second.outputs['previous-release']).toBe(first.outputs['release']);
    expect(await app.release(first.outputs['release'])).toEqual({ web: 'exited' });
    expect(await app.release(second.outputs['release'])).toEqual({ web: 'running' });
  });

  test('the edge is not touched by a release', async () => {
    expect(await edge()).toBe(edgeBefore);
  });

  test('a job that is run again deploys the same bytes: no build, and nothing to do', async () => {
    expect(reportOf(again)).toMatchObject({
      result: 'unchanged',
      build: { reused: true },
    });
    expect(again.outputs['digest']).toBe(second.outputs['digest']);
    expect(again.outputs['release']).toBe(second.outputs['release']);
    expect(await app.server.engine.containers(app.name)).toEqual(containersBefore);
  });

  test('the summary says what went where, what it replaced and how to go back', () => {
    for (const part of [
      second.outputs['digest'],
      second.outputs['release'],
      first.outputs['release'],
      app.server.url,
      app.checkout.sha,
      'sealift/rollback@v1',
      'https://github.com/octo/shop/actions/runs/4711',
    ]) {
      expect(second.summary).toContain(part);
    }
  });

  test('the log has groups, and a line a step with its host and its time', () => {
    expect(second.lines.filter(({ kind }) => kind === 'group').length).toBeGreaterThan(3);
    const steps = second.lines.filter(({ text }) => text.startsWith(`✓ ${app.server.url}`));
    expect(steps.length).toBeGreaterThan(5);
    for (const { text } of steps) expect(text).toMatch(/ \d+(\.\d+)?(ms|s|m)\b/);
  });

  test('what exactly is done to the engine stands in the debug log', () => {
    expect(second.debug.join('\n')).toContain('docker compose');
  });

  test('the post step has nothing to say about a job that went well', () => {
    expect(second.post).toMatchObject({ exitCode: 0, errors: [], warnings: [] });
  });
});

describe('build and deploy, as jobs of their own', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({ lab, stem: 'halves', files: (port) => webApp({ version: '1', port }) });
  });
  afterAll(() => app.remove());

  test('deploy the digest that the build made, to one environment after the other', async () => {
    const built = await app.build({ test: 'true' });
    const staging = await app.deploy(built.outputs['image'], { environment: 'staging' });
    expect(await app.version()).toBe('1');
    const { engine } = app.server;
    await engine.delete(`/containers/${app.name}-staging-edge?force=1`);
    const production = await app.deploy(built.outputs['image']);
    expect(await app.version()).toBe('1');
    for (const run of [staging, production]) expect(run.outputs['digest']).toBe(built.outputs['digest']);
    expect(production.outputs['release']).not.toBe(staging.outputs['release']);
    expect(production.log).not.toContain('buildx');
  });

  test('a tag is resolved to its digest, once', async () => {
    const built = await app.build();
    const run = await app.deploy(`${app.repository}:${app.checkout.sha}`);
    expect(run.outputs['image']).toBe(built.outputs['image']);
  });
});

describe('what is wrong with a build stops there', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({ lab, stem: 'stops', files: (port) => webApp({ version: '1', port }) });
  });
  afterAll(() => app.remove());

  const plain = { 'compose.yaml': undefined };
  afterEach(() => app.checkout.commit(webApp({ version: '1', port: app.port })));
  test.each<[string, Files, Inputs, string, string]>([
    [
      'a test that fails',
      {},
      { test: `node -e "console.log(1 + 1, 'is not three'); process.exit(3)"` },
      '2 is not three',
      'test',
    ],
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
  ])('%s: nothing is pushed, nothing deployed', async (_, files, inputs, shown, input) => {
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

describe('a release that fails', () => {
  let app: TestApp;
  let good: ActionRun;
  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'fails',
      files: (port) => webApp({ version: '1', port, service: { mem_limit: '96m', environment: {} } }),
    });
    good = succeeded(await app.deliver());
  });
  afterAll(() => app.remove());
  afterEach(() => app.checkout.commit(probe({ version: '1' })));

  test.each([
    [
      'never becomes healthy',
      { UP_AFTER_MS: 'never' },
      /did not become healthy|not healthy within/,
      'HEALTHCHECK',
    ],
    ['exits', { EXIT_AFTER_MS: 200, EXIT_CODE: 7, BOOT_MS: 5000 }, /exited with code 7/, 'exit code 7'],
    [
      'eats all memory',
      { HOG: 1, BOOT_MS: 60_000 },
      /exited with code 137 \(out of memory\)/,
      'killed for memory',
    ],
  ] as const)('because it %s is rolled back, and says why', async (_, behaviour, why, mark) => {
    await app.checkout.commit(probe({ version: '2', behaviour }));
    const run = await app.deliver({ 'health-timeout': '8s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(why);
    expect(run.errors[0]?.message).toContain(app.server.url);
    expect(run.outputs).toMatchObject({ 'rolled-back': 'true', 'previous-release': good.outputs['release'] });
    for (const text of [run.log, run.summary]) {
      expect(text).toContain(mark);
      expect(text).toContain('probe 2: starts');
    }
    expect(await app.version()).toBe('1');
    expect(await app.release(good.outputs['release'])).toEqual({ web: 'running' });
    const stopped = await app.release(reportOf(run).release);
    expect(Object.values(stopped)).not.toContain('running');
  });

  test('because it crashes again and again is rolled back long before its time is over', async () => {
    const options = { version: '2', healthcheck: false, behaviour: { EXIT_AFTER_MS: 300, EXIT_CODE: 7 } };
    const { port } = app;
    await app.checkout.commit(webApp({ ...options, port, service: { restart: 'always' } }));
    const run = await app.deliver({ 'health-timeout': '5m' });
    await app.checkout.commit(webApp({ version: '1', port, service: { mem_limit: '96m', environment: {} } }));
    // Not that it does not answer, nor that the time is over.
    expect(run.errors[0]?.message).toMatch(
      /web did not become healthy: it crashes again and again: it exited with code 7, \d+ restarts/,
    );
    expect(run.outputs['rolled-back']).toBe('true');
    expect(await app.version()).toBe('1');
    expect(await app.release(reportOf(run).release)).toEqual({ web: 'exited' });
  });

  test('because its address does not answer as expected is rolled back', async () => {
    await app.checkout.commit(probe({ version: '3' }));
    const run = await app.deliver({ url: app.url('/status?code=500'), 'url-timeout': '1s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('500');
    expect(run.outputs['rolled-back']).toBe('true');
    expect(await app.version()).toBe('1');
  });

  test('because its address answers with another text is rolled back', async () => {
    await app.checkout.commit(probe({ version: '4' }));
    const run = await app.deliver({ url: app.url(), 'url-body': '"version":"5"', 'url-timeout': '1s' });
    expect(run.errors[0]?.message).toContain('url-body');
    expect(await app.version()).toBe('1');
  });

  test('is made good by the next one', async () => {
    await app.checkout.commit(probe({ version: '5' }));
    succeeded(await app.deliver());
    expect(await app.version()).toBe('5');
  });
});

test('a first release that fails leaves nothing running but its accessories, and says so', async () => {
  const app = await testApp({
    lab,
    stem: 'first',
    files: (port) => ({
      ...probe({ version: '1', behaviour: { UP_AFTER_MS: 'never' } }),
      ...compose({
        services: {
          web: { build: '.', ports: [`${port}:3000`], depends_on: ['db'], stop_grace_period: '1s' },
          db: { image: 'redis:7', volumes: ['data:/data'] },
        },
        volumes: { data: {} },
      }),
    }),
  });
  try {
    const run = await app.deliver({ 'health-timeout': '3s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('accessories');
    expect(run.outputs).toMatchObject({ 'rolled-back': 'false', 'previous-release': '', release: '' });
    const running = Object.entries(await app.containers()).filter(([, state]) => state === 'running');
    expect(running).toEqual([[`${app.name}-production-db-1`, 'running']]);
    await expect(ask(app.url())).rejects.toThrow('ECONNREFUSED');
  } finally {
    await app.remove();
  }
});

describe('a fleet', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'fleet',
      servers: lab.servers,
      files: (port) => webApp({ version: '1', port }),
    });
    succeeded(await app.deliver());
  });
  afterAll(() => app.remove());

  const versions = (): Promise<string[]> => Promise.all(app.servers.map((server) => app.version(server)));

  test('ends all on the new release', async () => {
    await app.checkout.commit(probe({ version: '2' }));
    succeeded(await app.deliver());
    expect(await versions()).toEqual(app.servers.map(() => '2'));
  });

  test('or all on the old one, when one host fails', async () => {
    await app.checkout.commit(probe({ version: '3' }));
    const { image } = succeeded(await app.build()).outputs;
    const { release } = reportOf(succeeded(await app.deploy(image, { 'dry-run': 'true' })));
    const last = app.servers.at(-1);
    // On this host alone the release's container can't be made: another one has its name.
    const name = `${app.name}-production-${release}-web-1`;
    await last?.engine
      .post(`/containers/create?name=${name}`, { Image: image, Cmd: ['true'] })
      .catch(async () => {
        await last.engine.post(`/containers/create?name=${name}`, { Image: 'caddy:2.11' });
      });
    const run = await app.deploy(image);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(last?.url);
    expect(run.outputs['rolled-back']).toBe('true');
    expect(await versions()).toEqual(app.servers.map(() => '2'));
    for (const server of app.servers)
      expect(Object.values(await app.release(release, server))).not.toContain('running');
  });
});

test('a worker starts when the release is accepted, and the old one stops', async () => {
  const worker = {
    build: '.',
    environment: { PORT: 0, WORKER_FILE: '/work/beats' },
    healthcheck: { disable: true },
    volumes: ['work:/work'],
  };
  const app = await testApp({
    lab,
    stem: 'worker',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({
        services: {
          web: { build: '.', ports: [`${port}:3000`] },
          worker: { ...worker, stop_grace_period: '3s' },
        },
        volumes: { work: {} },
      }),
    }),
  });
  try {
    const first = succeeded(await app.deliver());
    expect(await app.release(first.outputs['release'])).toEqual({ web: 'running', worker: 'running' });

    await app.checkout.commit(probe({ version: '2', behaviour: { UP_AFTER_MS: 'never' } }));
    const broken = await app.deliver({ 'health-timeout': '3s' });
    expect(broken.succeeded).toBe(false);

    await app.checkout.commit(probe({ version: '3' }));
    const third = succeeded(await app.deliver());
    expect(await app.release(first.outputs['release'])).toEqual({ web: 'exited', worker: 'exited' });
    const files = await app.server.engine.files(
      `${app.name}-production-${third.outputs['release']}-worker-1`,
      '/work/beats',
    );
    const beats =
      [...files.values()][0]?.content
        .trim()
        .split('\n')
        .map((line) => line.split(' ')) ?? [];
    const events = beats
      .filter(([, , what]) => what !== 'beat')
      .map(([, version, what]) => `${version} ${what}`);
    // The broken release's worker never worked.
    expect([...events].sort()).toEqual(['1 start', '1 stop', '3 start']);
  } finally {
    await app.remove();
  }
});

test('the last releases stay and the rest goes, with its images; nothing that is not Sealift’s is touched', async () => {
  const app = await testApp({ lab, stem: 'keep', files: (port) => webApp({ version: '1', port }) });
  const { engine } = app.server;
  try {
    const runs: ActionRun[] = [];
    for (const version of ['1', '2', '3', '4']) {
      await app.checkout.commit(probe({ version }));
      runs.push(await app.deliver({ keep: '2' }));
    }
    const [one, two, three, four] = runs.map((run) => run.outputs);
    expect(await app.release(four?.['release'])).toEqual({ web: 'running' });
    expect(await app.release(three?.['release'])).toEqual({ web: 'exited' });
    expect(await app.release(one?.['release'])).toEqual({});
    const has = (image: string | undefined): Promise<boolean> =>
      engine.get(`/images/${image}/json`).then(
        () => true,
        () => false,
      );
    expect(await has(four?.['image'])).toBe(true);
    expect(await has(three?.['image'])).toBe(true);
    expect(await has(one?.['image'])).toBe(false);
    expect(await app.release(two?.['release'])).toEqual({});
    expect((await has('node:24-slim')) || (await has('caddy:2.11'))).toBe(true);
  } finally {
    await app.remove();
  }
});

test('without a Compose file a port is enough', async () => {
  const app = await testApp({ lab, stem: 'plain', files: () => probe({ version: '1' }) });
  try {
    succeeded(await app.deliver({ port: `${app.port}:3000`, volumes: 'data:/data', env: 'GREETING=hello' }));
    expect(await app.version()).toBe('1');
    expect((await ask(app.url('/env?name=GREETING'))).body).toBe('hello');
  } finally {
    await app.remove();
  }
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
