import { beforeEach, expect, test } from '@jest/globals';
import type { ComposeService } from '../../src/model/compose-config.ts';
import type { Release } from '../../src/model/release.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { startExistingContainers } from '../../src/rollout/start-existing.ts';
import { makeRelease } from '../plan/world.ts';
import { health } from './support/memory-engine.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

/** What a start of stopped containers does beside the start: all that Compose does. */

/** `web` needs `api`, which needs `setup`, a job. */
const SERVICES: Readonly<Record<string, ComposeService>> = {
  web: { depends_on: { api: { condition: 'service_healthy' } } },
  api: { depends_on: { setup: { condition: 'service_completed_successfully' } } },
  setup: {},
};

const releaseWith = (changes: Readonly<Record<string, ComposeService>> = {}): Release => {
  const release = makeRelease(
    '22222222',
    { web: 'served', api: 'internal', setup: 'internal' },
    { details: { setup: { oneShot: true } } },
  );
  const services = Object.fromEntries(
    Object.entries(SERVICES).map(([name, service]) => [name, { ...service, ...changes[name] }]),
  );
  return { ...release, compose: { services }, health: { path: undefined, timeout: 60_000 } };
};

let engine: StartingEngine;
let context: HostContext;

const begin = (release: Release): void => {
  engine = new StartingEngine(release);
  context = startingContext(engine, release);
};
const start = (release: Release): Promise<string> =>
  startExistingContainers(context, {
    release: release.id,
    slot: 'blue',
    services: Object.keys(release.services),
  });

/** Resolves when a container was started. */
const startOf = (id: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { onStart } = engine;
  engine.onStart = (each) => {
    onStart(each);
    if (each === id) resolve();
  };
  return promise;
};

beforeEach(() => begin(releaseWith()));

test('a service that others need healthy is healthy before they start', async () => {
  engine.withHealthcheck('api-1');
  engine.set({ id: 'web-1', health: undefined });
  const apiStarts = startOf('api-1');
  const started = start(releaseWith());
  await apiStarts;
  await new Promise((resolve) => setImmediate(resolve));
  expect(engine.calls).toEqual(['start api-1']);
  engine.set({ id: 'api-1', health: health('healthy') });
  engine.emit('health_status: healthy', 'api-1');
  expect(await started).toBe('2 started');
  expect(engine.calls).toEqual(['start api-1', 'start web-1']);
});

test('a service starts although what it needs does not become healthy, and the error says so', async () => {
  engine.withHealthcheck('api-1');
  const apiStarts = startOf('api-1');
  const started = start(releaseWith());
  await apiStarts;
  engine.set({ id: 'api-1', health: health('unhealthy', 'no database') });
  engine.emit('health_status: unhealthy', 'api-1');
  await expect(started).rejects.toThrow(
    'ssh://one: api did not become healthy: its HEALTHCHECK fails: no database',
  );
  expect(engine.calls).toEqual(['start api-1', 'start web-1']);
});

test('a job that did not end well runs again, and what waits for its end starts after it', async () => {
  engine.set({ id: 'setup-1', exitCode: 1 });
  const setupStarts = startOf('setup-1');
  const started = start(releaseWith());
  await setupStarts;
  await new Promise((resolve) => setTimeout(resolve));
  expect(engine.calls).toEqual(['start setup-1']);
  engine.set({ id: 'setup-1', state: 'exited', exitCode: 0 });
  engine.emit('die', 'setup-1', { exitCode: '0' });
  const apiStarts = startOf('api-1');
  await apiStarts;
  engine.set({ id: 'api-1', health: health('healthy') });
  engine.emit('health_status: healthy', 'api-1');
  expect(await started).toBe('3 started');
  expect(engine.calls).toEqual(['start setup-1', 'start api-1', 'start web-1']);
});

test('what waits for the end of a job that fails is not started', async () => {
  engine.set({ id: 'setup-1', exitCode: 1 });
  engine.onStart = (id) => {
    engine.set({ id, state: 'exited', exitCode: 7 });
  };
  await expect(start(releaseWith())).rejects.toThrow('setup did not complete: it exited with code 7');
  expect(engine.calls).toEqual(['start setup-1']);
});

test('post_start runs in what was started, and in nothing that ran already', async () => {
  const hooked = releaseWith({
    web: { post_start: [{ command: ['touch', '/run/web'] }] },
    api: { post_start: [{ command: ['touch', '/run/api'] }], depends_on: {} },
  });
  begin(hooked);
  engine.set({ id: 'api-1', state: 'running', health: health('healthy') });
  expect(await start(hooked)).toBe('1 started');
  expect(engine.calls).toEqual(['start web-1', 'run touch /run/web in web-1']);
});

test('a post_start that fails is the error, after everything else was started', async () => {
  const hooked = releaseWith({ api: { post_start: [{ command: ['false'] }], depends_on: {} } });
  begin(hooked);
  engine.set({ id: 'api-1', health: health('healthy') });
  engine.output = { exitCode: 1, stdout: 'begins\n', stderr: 'no such user\n' };
  await expect(start(hooked)).rejects.toThrow(
    'ssh://one: post_start of api, "false", failed in api-1 with exit code 1: no such user.',
  );
  expect(engine.calls).toContain('start web-1');
});
