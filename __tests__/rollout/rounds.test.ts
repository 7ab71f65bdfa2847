/** What a run asks of an engine, and in how many rounds: calls that do not wait for each other's answers. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { checkHealth } from '../../src/rollout/check-health.ts';
import { inspectReplicas, stopServices } from '../../src/rollout/containers.ts';
import { waitForDrain } from '../../src/rollout/drain-release.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { KnownContainers } from '../../src/rollout/known-containers.ts';
import { startServices } from '../../src/rollout/start-services.ts';
import { switchTraffic } from '../../src/rollout/traffic-actions.ts';
import { makeRelease } from '../plan/world.ts';
import { containerOf, RoundEngine } from './support/round-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const made = makeRelease('22222222', { web: 'served' });
const release = { ...made, health: { ...made.health, path: '/up', timeout: 10_000 } };
const IMAGE = { id: 'sha256:1', repoTags: [], repoDigests: [], layers: [], size: 1, platform: '' };
const query = { release: release.id };

const container = (id: string): ContainerSummary => containerOf(release.id, id);

let engine: RoundEngine;
let context: HostContext;
const knowing = (...ids: readonly string[]): HostContext['runState'] => ({
  ...context.runState,
  knownContainers: new KnownContainers(new Map([[release.id, ids.map(container)]])),
});

beforeEach(() => {
  engine = new RoundEngine();
  context = {
    ...testHostContext(engine, new AbortController().signal),
    releases: new Map([[release.id, release]]),
    desired: release.id,
  };
});

describe('the containers of a release', () => {
  test('that the run has seen are listed and inspected in one round', async () => {
    engine.add(release.id, 'one');
    await inspectReplicas({ ...context, runState: knowing('one') }, query);
    expect(engine.rounds).toEqual([['inspect one', 'list']]);
  });

  test('that have come since are inspected in a second round, and those that are gone are left out', async () => {
    engine.add(release.id, 'one', 'new');
    const known = { ...context, runState: knowing('one', 'gone') };
    const found = await inspectReplicas(known, query);
    expect(found.map(({ id }) => id)).toEqual(['one', 'new']);
    expect(engine.rounds.at(-1)).toEqual(['inspect new']);
    await inspectReplicas(known, query);
    expect(engine.rounds.at(-1)).toEqual(['inspect one', 'inspect new', 'list']);
  });

  test('stop in two rounds, with the time that they want themselves', async () => {
    engine.add(release.id, 'one', 'new');
    await stopServices({ ...context, runState: knowing('one') }, query);
    expect(engine.rounds.map((calls) => calls.toSorted())).toEqual([
      ['inspect one', 'list', 'policy one no'],
      ['policy new no', 'stop one 7'],
      ['stop new undefined'],
    ]);
  });

  test('of which only a part is to stop are listed first', async () => {
    engine.add(release.id, 'one', 'two');
    await stopServices(
      { ...context, runState: knowing('one', 'two') },
      { ...query, services: ['web'], after: { web: 1 } },
    );
    expect(engine.rounds).toEqual([['list'], ['policy two no'], ['stop two undefined']]);
  });
});

describe('a release without containers', () => {
  const create = (changes: Partial<HostContext['runState']>): Promise<string> =>
    startServices(
      {
        ...context,
        run: () => Promise.resolve({ stdout: '', stderr: '', exitCode: 0 }),
        runState: { ...knowing(), ...changes },
      },
      { ...query, slot: 'blue', services: ['web'], how: 'create' },
    );

  test('is created without a question to the engine', async () => {
    await create({ edgeHasSlotNetworks: true });
    expect(engine.rounds).toEqual([]);
  });

  test('is looked for if the run does not know that it has none', async () => {
    engine.listNetworks = () => Promise.resolve([]);
    engine.createNetwork = () => Promise.resolve();
    await create({ knownContainers: new KnownContainers() });
    expect(engine.rounds).toEqual([['list']]);
  });

  test('is found and inspected in one round once Compose has created it', async () => {
    const known = knowing();
    await create({ ...known, edgeHasSlotNetworks: true });
    const name = 'shop-test-22222222-web-1';
    engine.add(release.id, name);
    await inspectReplicas({ ...context, runState: known }, query);
    expect(engine.rounds).toEqual([[`inspect ${name}`, 'list']]);
  });
});

describe('a switch', () => {
  const to = { ...query, slot: 'blue' } as const;
  const check = async (runState: HostContext['runState']): Promise<void> => {
    runState.foundImages.set(release.services['web']?.image ?? '', IMAGE);
    await checkHealth({ ...context, runState }, { ...query, services: ['web'] });
    engine.rounds.splice(0);
  };

  test('lists no containers that the check has just found, and takes the edge that the run knows', async () => {
    engine.add(release.id, 'one');
    const runState = { ...knowing('one'), edge: 'edge' };
    await check(runState);
    await switchTraffic({ ...context, runState }, to);
    expect(engine.rounds).toEqual([['exec switch']]);
  });

  test('lists them once a second has passed', async () => {
    engine.add(release.id, 'one');
    const runState = { ...knowing('one'), edge: 'edge' };
    await check(runState);
    runState.checked = runState.checked && { ...runState.checked, at: performance.now() - 1_001 };
    await switchTraffic({ ...context, runState }, to);
    expect(engine.rounds).toEqual([['list'], ['exec switch']]);
  });

  test('looks for the edge if the one that the run knows does not run any more', async () => {
    engine.add(release.id, 'one');
    const runState = { ...knowing('one'), edge: 'former' };
    await switchTraffic({ ...context, runState }, to);
    expect(engine.rounds).toEqual([['list'], ['exec switch'], ['list'], ['exec switch']]);
    expect(runState.edge).toBe('edge');
  });
});

describe('a drain', () => {
  const drain = (addresses: readonly string[]): Promise<number | undefined> => {
    const known = new KnownContainers(new Map([[release.id, [{ ...container('one'), addresses }]]]));
    const runState = { ...context.runState, knownContainers: known, edge: 'edge' };
    return waitForDrain({ ...context, runState }, { ...query, slot: 'blue' }, 1_000);
  };

  test('begins while the addresses are looked up', async () => {
    engine.containers = [{ ...container('one'), addresses: ['10.0.0.2'] }];
    expect(await drain(['10.0.0.2'])).toBe(3);
    expect(engine.rounds).toEqual([['exec drain 0200000A', 'list']]);
  });

  test('begins anew if the container has other ones by now', async () => {
    engine.containers = [{ ...container('one'), addresses: ['10.0.0.4'] }];
    expect(await drain(['10.0.0.2'])).toBe(3);
    expect(engine.rounds.flat()).toEqual(['exec drain 0200000A', 'list', 'exec drain 0400000A']);
  });
});

test('the check of a release that was just created takes two rounds: find, ask', async () => {
  engine.add(release.id, 'one');
  const runState = { ...knowing('one'), edge: 'edge' };
  runState.foundImages.set(release.services['web']?.image ?? '', IMAGE);
  await checkHealth({ ...context, runState }, { ...query, services: ['web'] });
  expect(engine.rounds.map((calls) => calls.toSorted())).toEqual([
    ['inspect one', 'list'],
    ['exec probe', 'inspect one'],
  ]);
});
