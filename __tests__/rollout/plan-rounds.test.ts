/** In how many rounds the steps of a plan follow one another, with execs that take two requests each, as those of an engine do. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Engine, ImageDetails } from '../../src/engine/engine.ts';
import type { HistoryEntry } from '../../src/model/history.ts';
import type { Release } from '../../src/model/release.ts';
import { NO_RECORDS, withEvent, withRelease } from '../../src/release/records.ts';
import { waitForDrain } from '../../src/rollout/drain-release.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { KnownContainers } from '../../src/rollout/known-containers.ts';
import { performAction } from '../../src/rollout/perform-action.ts';
import { imagesOfRelease } from '../../src/rollout/retained-images.ts';
import { makeRelease } from '../plan/world.ts';
import { containerOf, RoundEngine } from './support/round-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const releaseOf = (id: string): Release => ({
  ...makeRelease(id, { web: 'served' }),
  health: { path: '/up', timeout: 10_000 },
});
const live = releaseOf('11111111');
const desired = releaseOf('22222222');
const IMAGE: ImageDetails = {
  id: 'sha256:1',
  repoTags: [],
  repoDigests: [],
  layers: [],
  size: 1,
  platform: '',
};

const ACCEPTED: HistoryEntry = {
  ...{ at: '2026-01-01T00:00:00Z', event: 'accepted', release: desired.id, previous: undefined },
  ...{ actor: undefined, runUrl: undefined },
};

/** A shell that was prepared takes the next program, in one round; any other program needs two. */
class ExecEngine extends RoundEngine {
  readonly #shells: Promise<void>[] = [];

  constructor() {
    super();
    const run = this.exec;
    this.exec = async (id, argv, options) => {
      await (this.#shells.shift() ?? this.see(`create ${argv[3]}`));
      return await run(id, argv, options);
    };
  }

  override prepareExec: Engine['prepareExec'] = () => {
    this.#shells.push(this.see('create a shell').then(() => this.see('start a shell')));
  };
  override startContainer: Engine['startContainer'] = async (id) => {
    await this.see(`start ${id}`);
    return true;
  };
  override inspectImage: Engine['inspectImage'] = async () => {
    await this.see('inspect the image');
    return IMAGE;
  };
  override writeFiles: Engine['writeFiles'] = () => this.see('write the records');
  override pullImage: Engine['pullImage'] = () => this.see('pull');
  override tagImage: Engine['tagImage'] = () => this.see('tag the image');
}

let engine: ExecEngine;
let context: HostContext;

beforeEach(() => {
  engine = new ExecEngine();
  engine.add(live.id, 'old');
  engine.add(desired.id, 'new');
  engine.containers = engine.containers.map((each) =>
    each.id === 'old' ? { ...each, addresses: ['10.0.0.2'] } : each,
  );
  context = {
    ...testHostContext(engine, new AbortController().signal),
    ...{ live: live.id, desired: desired.id, comparesResponses: false, environment: { HOME: '/nowhere' } },
    releases: new Map([live, desired].map((each) => [each.id, each])),
  };
  Object.assign(context.runState, {
    edge: 'edge',
    knownContainers: new KnownContainers(
      new Map([
        [live.id, [{ ...containerOf(live.id, 'old'), addresses: ['10.0.0.2'] }]],
        [desired.id, [containerOf(desired.id, 'new')]],
      ]),
    ),
  });
});

const rounds = (): readonly (readonly string[])[] => engine.rounds.map((calls) => calls.toSorted());

test('a rollback takes seven rounds from its first step to the end of its last check: the record is there, and execs are prepared', async () => {
  context.runState.records = withEvent(withRelease(NO_RECORDS, desired), ACCEPTED);
  const of = { release: desired.id, slot: 'green', services: ['web'] } as const;
  await performAction(context, { kind: 'record-release', release: desired.id });
  await performAction(context, { kind: 'start-services', ...of, how: 'start' });
  await performAction(context, { kind: 'check-health', ...of });
  await performAction(context, { kind: 'switch-traffic', ...of });
  await performAction(context, {
    ...{ kind: 'final-check', release: desired.id, services: ['web'] },
    drain: { release: live.id, slot: 'blue' },
  });
  expect(rounds()).toEqual([
    ['create a shell', 'create probe-routes', 'list', 'list', 'policy new unless-stopped'],
    ['exec probe-routes', 'start a shell', 'start new'],
    ['create a shell', 'inspect new', 'inspect the image', 'list'],
    ['exec probe', 'inspect new', 'start a shell'],
    ['exec switch-and-drain 0200000A'],
    ['inspect new', 'list', 'list'],
    ['inspect new'],
  ]);
});

describe('the drain of the old release', () => {
  const to = { release: desired.id, slot: 'green' } as const;
  const old = { release: live.id, slot: 'blue' } as const;
  const switchTo = (release: typeof to | typeof old): Promise<string | undefined> =>
    performAction(context, { kind: 'switch-traffic', ...release });
  const left = (): Promise<number | undefined> => waitForDrain(context, old, 1_000);

  test('begins with the switch, which does not wait for it, and is asked for its result once', async () => {
    const drained = Promise.withResolvers<number>();
    engine.drain = () => drained.promise;
    await switchTo(to);
    const [waiting] = [left()];
    drained.resolve(2);
    expect(await waiting).toBe(2);
    expect(engine.rounds.flat()).not.toContain('exec drain 0200000A');
    expect(await left()).toBe(3);
    expect(engine.rounds.flat()).toContain('exec drain 0200000A');
  });

  test('counts anew if requests were in flight some seconds ago', async () => {
    engine.drain = () => Promise.resolve(2);
    await switchTo(to);
    const { begunDrain } = context.runState;
    context.runState.begunDrain = begunDrain && { ...begunDrain, since: performance.now() - 2_001 };
    expect(await left()).toBe(3);
  });

  test('counts the containers that run by now, if they have other addresses', async () => {
    let ended: AbortSignal | undefined;
    engine.drain = async (signal) => {
      ended = signal;
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    };
    await switchTo(to);
    engine.containers = engine.containers.map((each) => ({ ...each, addresses: ['10.0.0.4'] }));
    expect(await left()).toBe(3);
    expect(ended?.aborted).toBe(true);
    expect(engine.rounds.flat()).toContain('exec drain 0400000A');
  });

  test('counts anew if the release was listed with other addresses since', async () => {
    await switchTo(to);
    const others = [{ ...containerOf(live.id, 'old'), addresses: ['10.0.0.4'] }];
    context.runState.knownContainers.set(live.id, others);
    engine.containers = others;
    expect(await left()).toBe(3);
    expect(engine.rounds.flat()).toContain('exec drain 0400000A');
  });

  test.each(['before', 'after'])('ends with the job, which is cancelled %s it is asked', async (when) => {
    engine.drain = async (signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    await switchTo(to);
    const job = new AbortController();
    if (when === 'before') job.abort(new Error('cancelled'));
    const waiting = waitForDrain({ ...context, signal: job.signal }, old, 1_000);
    job.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
  });

  test('counts for nothing once the requests have gone back', async () => {
    await switchTo(to);
    await switchTo(old);
    expect(await left()).toBe(3);
  });

  test.each<[string, () => void]>([
    ['is on its way back', () => Object.assign(context, { desired: live.id, live: undefined })],
    ['has no old release', () => Object.assign(context, { live: undefined })],
    ['is cancelled', () => Object.assign(context, { jobCancelled: true })],
    ['does not wait for drains', () => Object.assign(context.settings, { drainTimeout: 0 })],
  ])('does not begin with the switch of a run that %s', async (_, change) => {
    change();
    await switchTo(to);
    expect(engine.rounds.at(-1)).toEqual(['exec switch']);
  });
});

test('what was pulled is tagged and looked at while the release is recorded, which waits for it', async () => {
  const { foundImages, pullResults } = context.runState;
  const [image = ''] = imagesOfRelease(desired);
  foundImages.set(image, undefined).set('', IMAGE);
  const pull = { kind: 'pull-images', release: desired.id } as const;
  await performAction(context, pull);
  await performAction(context, { kind: 'record-release', release: desired.id });
  expect(rounds().find((calls) => calls.includes('write the records'))).toEqual(
    expect.arrayContaining(['inspect the image', 'tag the image']),
  );
  expect(foundImages.get(image)).toEqual(IMAGE);
  expect(pullResults.get(pull)).toContainEqual({ image, size: 1, pulled: undefined });
});

test('a release whose image can not be kept is not deployed', async () => {
  engine.tagImage = () => Promise.reject(new Error('no space left on device'));
  await performAction(context, { kind: 'pull-images', release: desired.id });
  const record = performAction(context, { kind: 'record-release', release: desired.id });
  await expect(record).rejects.toThrow('no space left on device');
});
