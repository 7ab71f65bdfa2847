/** The main action, whole: from a commit to a running, verified container. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { probeImage } from '../support/apps/images.ts';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { manifestDigest, tagsOf } from '../support/lab/registry.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const lines = (text: string | undefined): string[] => (text === undefined ? [] : text.split('\n'));

describe('a first version is delivered, then a second, then the second again:', () => {
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
    first = succeeded(
      await app.deliver({ test: 'node --check /app/app.js', tags: 'latest\n{{branch}}\n{{sha7}}' }),
    );
    edgeBefore = await edge();
    await app.checkout.commit(probe({ version: '2' }));
    second = succeeded(await app.deliver({ url: app.url('/up') }));
    containersBefore = await app.server.engine.containers(app.name);
    again = succeeded(await app.deliver({ url: app.url('/up') }, { runAttempt: '2' }));
  });
  afterAll(() => app.remove());

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

  test('a release does not touch the edge', async () => {
    expect(await edge()).toBe(edgeBefore);
  });

  test('a job that is run again deploys the same bytes: no build, and nothing to do', async () => {
    expect(reportOf(again)).toMatchObject({ result: 'unchanged', build: { reused: true } });
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
      'https://github.com/octo/shop/actions/runs/4711/attempts/1',
    ]) {
      expect(second.summary).toContain(part);
    }
  });

  test('the log has groups, and each step has a line with its host and its time', () => {
    expect(second.lines.filter(({ kind }) => kind === 'group').length).toBeGreaterThan(3);
    const steps = second.lines.filter(({ text }) => text.startsWith(`✓ ${app.server.url}`));
    expect(steps.length).toBeGreaterThan(5);
    for (const { text } of steps) expect(text).toMatch(/ \d+(\.\d+)?(ms|s|m)\b/);
  });

  test('the debug log shows what exactly is done to the engine', () => {
    expect(second.debug.join('\n')).toContain('docker compose');
  });

  test('the post step has nothing to say about a job that went well', () => {
    expect(second.post).toMatchObject({ exitCode: 0, errors: [], warnings: [] });
  });
});

test('when the test in the image fails nothing is pushed and nothing deployed, and the error says so', async () => {
  const app = await testApp({ lab, stem: 'stops', files: (port) => webApp({ version: '1', port }) });
  try {
    const before = await snapshot(app.server);
    const run = await app.deliver({
      test: `node -e "console.log(1 + 1, 'is not three'); process.exit(3)"`,
    });
    expect(run.succeeded).toBe(false);
    expect(run.log).toContain('2 is not three');
    expect(run.errors[0]?.message).toMatch(/test.*Nothing was deployed\./s);
    expect(run.summary).toContain('Nothing was deployed.');
    expect(await tagsOf(lab, `e2e/${app.name}`)).toEqual([]);
    expect(await snapshot(app.server)).toBe(before);
  } finally {
    await app.remove();
  }
});

test('a first release that fails leaves nothing running but its accessories, and says so', async () => {
  const app = await testApp({
    lab,
    stem: 'first',
    files: (port) =>
      compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            environment: { UP_AFTER_MS: 'never' },
            depends_on: ['db'],
            stop_grace_period: '1s',
          },
          db: { image: 'busybox:1', command: 'sleep 1d', stop_signal: 'SIGKILL' },
        },
      }),
  });
  try {
    const run = await app.deploy(await probeImage(lab), {
      'health-path': '/up',
      'health-timeout': patienceInput(40),
    });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('Accessories');
    expect(run.outputs).toMatchObject({ 'rolled-back': 'false', 'previous-release': '', release: '' });
    const running = Object.entries(await app.containers()).filter(([, state]) => state === 'running');
    expect(running).toEqual([[`${app.name}-production-db-1`, 'running']]);
    await expect(ask(app.url())).rejects.toThrow('ECONNREFUSED');
  } finally {
    await app.remove();
  }
});

test('a worker starts when its release is accepted, and the old one stops', async () => {
  const app = await testApp({
    lab,
    stem: 'worker',
    files: (port) =>
      compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            environment: { VERSION: '${VERSION}', EXIT_AFTER_MS: '${EXIT_AFTER_MS:-}' },
          },
          worker: {
            image: '${IMAGE}',
            environment: { VERSION: '${VERSION}', PORT: 0, WORKER_FILE: '/work/beats' },
            volumes: ['work:/work'],
          },
        },
        volumes: { work: {} },
      }),
  });
  try {
    const image = await probeImage(lab);
    const first = succeeded(await app.deploy(image, { env: 'VERSION=1', 'health-path': '/up' }));
    expect(await app.release(first.outputs['release'])).toEqual({ web: 'running', worker: 'running' });

    const broken = { env: 'VERSION=2\nEXIT_AFTER_MS=0', 'health-path': '/up' };
    expect((await app.deploy(image, broken)).succeeded).toBe(false);

    const third = succeeded(await app.deploy(image, { env: 'VERSION=3', 'health-path': '/up' }));
    expect(await app.release(first.outputs['release'])).toEqual({ web: 'exited', worker: 'exited' });
    const files = await app.server.engine.files(
      `${app.name}-production-${third.outputs['release']}-worker-1`,
      '/work/beats',
    );
    const beats = lines([...files.values()][0]?.content.trim()).map((line) => line.split(' '));
    const events = beats
      .filter(([, , what]) => what !== 'beat')
      .map(([, version, what]) => `${version} ${what}`);
    // The broken release's worker never worked.
    expect(events.toSorted((one, other) => one.localeCompare(other))).toEqual([
      '1 start',
      '1 stop',
      '3 start',
    ]);
  } finally {
    await app.remove();
  }
});

test('without a Compose file a port is enough, and the log shows the file that is used', async () => {
  const app = await testApp({ lab, stem: 'plain', files: () => ({ 'README.md': 'No Compose file.\n' }) });
  try {
    const inputs = { port: `${app.port}:3000`, volumes: 'data:/data', env: 'VERSION=1\nGREETING=hello' };
    const { log } = succeeded(await app.deploy(await probeImage(lab), inputs));
    expect(log).toMatch(/There is no Compose file, so this one is used:\n +services:\n/);
    expect(await app.version()).toBe('1');
    expect((await ask(app.url('/env?name=GREETING'))).body).toBe('hello');
  } finally {
    await app.remove();
  }
});
