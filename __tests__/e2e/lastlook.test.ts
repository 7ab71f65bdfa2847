/** A release that is found healthy and falls over the next moment is not accepted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose, probe } from '../support/apps/probe.ts';
import { readLab } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();

/** An app whose release ends by itself so many milliseconds after its first health check, if `DOOM` says so. */
const doomed = (servers = lab.servers.slice(0, 1)): Promise<TestApp> =>
  testApp({
    lab,
    stem: 'look',
    servers,
    files: (port) => ({
      ...probe({ version: 'none', healthcheck: false }),
      ...compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            stop_grace_period: '5s',
            restart: '${RESTART:-no}',
            environment: { VERSION: '${VERSION}', EXIT_AFTER_UP_MS: '${DOOM:-}', EXIT_CODE: '7' },
          },
        },
      }),
    }),
  });

let app: TestApp;
let image: string | undefined;
let live = 0;
let next = 0;

beforeAll(async () => {
  app = await doomed();
  image = succeeded(await app.build()).outputs['image'];
  succeeded(await deploy());
  live = next;
}, 180_000);
afterAll(() => app.remove());

function deploy(
  values: Readonly<Record<string, string | number>> = {},
  inputs: Inputs = {},
): Promise<ActionRun> {
  next += 1;
  const env = Object.entries({ VERSION: next, ...values }).map(([name, value]) => `${name}=${value}`);
  return app.deploy(image, { env: env.join('\n'), 'health-path': '/up', 'health-timeout': '30s', ...inputs });
}

/** The job failed and says how the release ended; the host is as it was. */
function expectRolledBack(run: ActionRun): void {
  expect({ exitCode: run.exitCode, log: run.exitCode === 1 ? '' : run.log }).toEqual({
    exitCode: 1,
    log: '',
  });
  expect(run.outputs['rolled-back']).toBe('true');
  const [error] = run.errors.map(({ message }) => message);
  expect(error).toMatch(
    /web did not stay well (?:after its check|while it was watched): .*it exited with code 7/,
  );
  // What the container itself said last.
  expect(run.log).toContain(`probe ${next}: ends with 7`);
  const { result, hosts } = reportOf(run);
  expect(result).toBe('rolled-back');
  for (const host of hosts) expect(host.is).toBe(host.was);
}

describe('a release that ends 300 ms after its first health check', () => {
  test.each<[string, Inputs]>([
    ['blue-green', { strategy: 'blue-green' }],
    ['rolling', { strategy: 'rolling' }],
    ['canary', { strategy: 'canary', canary: '50% 100ms, 100%' }],
    ['recreate', { strategy: 'recreate' }],
  ])('is rolled back, and the old one serves on: %s', async (_, inputs) => {
    expectRolledBack(await deploy({ DOOM: 300 }, inputs));
    expect(await app.version()).toBe(String(live));
  });

  test('is rolled back though it was restarted, and that is told', async () => {
    const run = await deploy({ DOOM: 300, RESTART: 'always' });
    expectRolledBack(run);
    expect(run.errors[0]?.message).toMatch(/\d restarts?/);
    expect(await app.version()).toBe(String(live));
  });

  test('leaves nothing behind when it is the first of all', async () => {
    const first = await doomed();
    try {
      const run = await first.deploy(image, {
        env: 'VERSION=first\nDOOM=300',
        'health-path': '/up',
      });
      expect(run.exitCode).toBe(1);
      expect(run.errors[0]?.message).toContain(
        'web did not stay well after its check: it exited with code 7',
      );
      expect(Object.values(await first.containers())).not.toContain('running');
    } finally {
      await first.remove();
    }
  });
});

test('where a proxy of the user’s own leads the requests, the release is looked at as well', async () => {
  const own = await testApp({
    lab,
    stem: 'look-own',
    files: () => ({
      ...probe({ version: 'none', healthcheck: true }),
      ...compose({
        services: {
          web: {
            image: '${IMAGE}',
            expose: [3000],
            environment: { VERSION: '${VERSION}', EXIT_AFTER_UP_MS: '${DOOM:-}', EXIT_CODE: '7' },
          },
        },
      }),
    }),
  });
  try {
    const built = succeeded(await own.build()).outputs['image'];
    const good = succeeded(await own.deploy(built, { edge: 'none', env: 'VERSION=1' }));
    const run = await own.deploy(built, { edge: 'none', env: 'VERSION=2\nDOOM=300' });
    expect(run.exitCode).toBe(1);
    expect(run.outputs['rolled-back']).toBe('true');
    expect(await own.release(good.outputs['release'])).toEqual({ web: 'running' });
  } finally {
    await own.remove();
  }
});

test('a good release loses no request by it, and a WebSocket on the old one holds no acceptance up', async () => {
  const load = startLoad(app.url());
  try {
    load.expect(String(live));
    await load.answered(String(live), 40);
    load.expect(String(live), String(next + 1));
    const socket = new WebSocket(app.url().replace('http', 'ws'));
    await new Promise((open) => socket.addEventListener('open', open));
    const run = succeeded(await deploy({}, { 'drain-timeout': '3s' }));
    live = next;
    load.expect(String(live));
    await load.answered(String(live), 100);
    expect(run.log).toMatch(/take a last look at \S+, while \S+ drains .*1 well; 1 still in flight on /);
    expect(run.log).toContain('1 request was still in flight and is cut');
    expect((await load.stop()).failures).toEqual([]);
  } finally {
    await load.stop();
  }
});
