import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import type { ComposeConfig } from '../../src/model/compose-config.ts';
import { messageOf } from '../../src/model/errors.ts';
import type { Release } from '../../src/model/release.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { startServices } from '../../src/rollout/start-services.ts';
import { makeRelease } from '../plan/world.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

/** What Compose is told to start, where it creates containers. */

const made = makeRelease(
  '22222222',
  { web: 'served', migrate: 'internal', seed: 'worker' },
  { details: { migrate: { oneShot: true }, seed: { mayEnd: true } } },
);
const release: Release = {
  ...made,
  compose: {
    services: {
      web: {
        depends_on: {
          migrate: { condition: 'service_completed_successfully' },
          seed: { condition: 'service_started' },
        },
      },
      migrate: {},
      seed: {},
    },
  },
};

let engine: StartingEngine;
let context: HostContext;
/** What becomes of the job when Compose starts it. */
let migrated: Partial<ContainerDetails>;
let calls: { readonly argv: readonly string[]; readonly config: ComposeConfig }[];

beforeEach(() => {
  engine = new StartingEngine(release);
  engine.listNetworks = () => Promise.resolve([]);
  engine.createNetwork = () => Promise.resolve();
  engine.set({ id: 'migrate-1', state: 'created' });
  calls = [];
  migrated = { state: 'exited', exitCode: 0 };
  context = {
    ...startingContext(engine, release),
    run: (_, argv, { stdin = '' } = {}) => {
      calls.push({ argv, config: JSON.parse(stdin) });
      if (argv.includes('migrate')) engine.set({ id: 'migrate-1', ...migrated });
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
    },
  };
});

const create = (): Promise<string> =>
  startServices(context, {
    release: release.id,
    slot: 'blue',
    services: Object.keys(release.services),
    how: 'create',
  });
/** What Compose was told to start: for each call, the services. */
const started = (): readonly (readonly string[])[] =>
  calls.map(({ argv }) => argv.filter((each) => each in release.services));

test('a job that has ended with 0 in a former attempt does not run again, whatever depends on it', async () => {
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 0 });
  await create();
  expect(started()).toEqual([['web', 'seed']]);
  expect(calls[0]?.config.services['web']?.['depends_on']).toEqual({
    seed: { condition: 'service_started' },
  });
});

test('a job that failed runs again, and what waits for its end starts after it', async () => {
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 1 });
  await create();
  expect(started()).toEqual([['migrate', 'seed'], ['web']]);
  expect(calls[1]?.config.services['web']?.['depends_on']).toEqual({});
});

test('what waits for a job that fails is not started, and the error has what the job printed', async () => {
  migrated = { state: 'exited', exitCode: 4 };
  engine.containerLogs = () => Promise.resolve(['no such column']);
  await expect(create()).rejects.toThrow(
    'ssh://one: migrate did not complete: it exited with code 4. It printed "no such column".',
  );
  expect(started()).toEqual([['migrate', 'seed']]);
});

test('a job that does not end is named while the deploy waits for it, and fails it after health-timeout', async () => {
  migrated = { state: 'running' };
  const hasty = { ...release, health: { ...release.health, timeout: 200 } };
  context = { ...context, releases: new Map([[release.id, hasty]]) };
  const ended = create().catch(messageOf);
  await pause(100);
  expect(context.waitStatus).toMatchObject({ limit: 200 });
  expect(await context.waitStatus.look?.()).toBe('migrate: running');
  expect(await ended).toMatch(/not healthy within 200ms \(migrate: running\)\. migrate must end before/);
});

test('a job that only optional dependencies wait for may fail', async () => {
  migrated = { state: 'exited', exitCode: 4 };
  const warnings: string[] = [];
  const depends_on = { migrate: { condition: 'service_completed_successfully', required: false } };
  const lenient = { ...release, compose: { services: { ...release.compose.services, web: { depends_on } } } };
  context = {
    ...{ ...context, releases: new Map([[release.id, lenient]]) },
    log: { ...context.log, warning: (line) => void warnings.push(line) },
  };
  await create();
  expect(started()).toEqual([['migrate', 'seed'], ['web']]);
  expect(warnings).toEqual([
    expect.stringContaining('It is optional, so what waits for it starts without it.'),
  ]);
});

test('what may end is started again unless it had ended when the release was accepted', async () => {
  engine.set({ id: 'seed-1', state: 'exited', exitCode: 0 });
  const entry = {
    at: '',
    event: 'accepted' as const,
    release: release.id,
    previous: undefined,
    actor: undefined,
    runUrl: undefined,
  };
  await create();
  expect(started().flat()).toContain('seed');
  calls = [];
  context.runState.records = { ...context.runState.records, history: [{ ...entry, ended: ['seed'] }] };
  await create();
  expect(started()).toEqual([['web']]);
});
