import { beforeEach, expect, test } from '@jest/globals';
import type { ComposeConfig } from '../../src/model/compose-config.ts';
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
let calls: { readonly argv: readonly string[]; readonly config: ComposeConfig }[];

beforeEach(() => {
  engine = new StartingEngine(release);
  engine.listNetworks = () => Promise.resolve([]);
  engine.createNetwork = () => Promise.resolve();
  calls = [];
  context = {
    ...startingContext(engine, release),
    run: (_, argv, { stdin = '' } = {}) => {
      calls.push({ argv, config: JSON.parse(stdin) });
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
const started = (): readonly string[] => calls[0]?.argv.filter((each) => each in release.services) ?? [];

test('a job that has ended with 0 in a former attempt does not run again, whatever depends on it', async () => {
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 0 });
  await create();
  expect(started()).toEqual(['web', 'seed']);
  expect(calls[0]?.config.services['web']?.['depends_on']).toEqual({
    seed: { condition: 'service_started' },
  });
});

test('a job that failed runs again', async () => {
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 1 });
  await create();
  expect(started()).toEqual(['web', 'migrate', 'seed']);
  expect(calls[0]?.config.services['web']?.['depends_on']).toHaveProperty('migrate');
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
  expect(started()).toContain('seed');
  calls = [];
  context.runState.records = { ...context.runState.records, history: [{ ...entry, ended: ['seed'] }] };
  await create();
  expect(started()).toEqual(['web']);
});
