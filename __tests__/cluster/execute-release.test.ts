import { describe, expect, test } from '@jest/globals';
import {
  type ClusterDeployment,
  type ClusterOutcome,
  executeRelease,
} from '../../src/cluster/execute-release.ts';
import { ForeignRecordError } from '../../src/cluster/records.ts';
import type { StepLock } from '../../src/cluster/step-runner.ts';
import { clusterRelease, entry, memoryCluster, type Names, recordsOf, type ToldCluster } from './support.ts';

const OLD = clusterRelease('old');
const NEW = clusterRelease('new', ['web', 'worker']);
const HELD: StepLock = { lost: new AbortController().signal, assertHeld: async () => undefined };
const SILENT = { onStepStart: () => undefined, onStepEnd: () => undefined, onWait: () => undefined };

const run = (
  cluster: ToldCluster,
  given: Partial<ClusterDeployment<Names>> = {},
  signal = new AbortController().signal,
  lock: StepLock = HELD,
): Promise<ClusterOutcome> =>
  executeRelease(
    cluster,
    lock,
    {
      ...{ release: NEW, previous: OLD, contents: [], records: recordsOf(OLD), keep: 2 },
      hooks: { before: [], after: [] },
      verify: undefined,
      entryFor: (event) => entry('new', event, 'old'),
      ...given,
    },
    SILENT,
    signal,
  );

const hook = (...argv: string[]) => ({ service: 'web', argv });
const UNDONE = ['apply old', 'remove others than old', 'converge old', 'record rolled-back new', 'keep old'];

test('a release is prepared, applied, awaited and recorded, and only then is anything removed', async () => {
  const cluster = memoryCluster();
  const hooks = { before: [hook('migrate')], after: [hook('tell')] };
  const outcome = await run(cluster, { hooks });
  expect(outcome.kind).toBe('accepted');
  expect(cluster.told).toEqual([
    'prepare new',
    'before migrate',
    'apply new',
    'converge new',
    'record accepted new',
    'remove others than new',
    'keep new old',
    'after tell',
  ]);
});

describe('where traffic is moved, it moves when the release runs whole; url is asked before it is watched', () => {
  const moves = ['bake', 'switch'] as const;

  test('and the release is recorded after that', async () => {
    const cluster = memoryCluster([], moves);
    const steps: string[] = [];
    const verify = async (): Promise<string> => {
      steps.push(...cluster.told);
      return 'answered 200';
    };
    expect((await run(cluster, { verify })).kind).toBe('accepted');
    expect(steps).toEqual(['prepare new', 'apply new', 'converge new', 'switch new']);
    expect(cluster.told.slice(4, 6)).toEqual(['bake new', 'record accepted new']);
  });

  test.each(['switch new', 'bake new'])('and everything goes back when it fails at: %s', async (step) => {
    const cluster = memoryCluster([step], moves);
    expect(await run(cluster)).toMatchObject({ kind: 'restored', failure: new Error(`${step} failed`) });
    expect(cluster.told.slice(cluster.told.indexOf(step) + 1)).toEqual(['prepare old', ...UNDONE]);
  });
});

test('where nothing is recorded, the former release is applied again and nothing is removed', async () => {
  const forgetful = (failing: readonly string[]): ToldCluster => ({
    ...memoryCluster(failing),
    keepsReleases: false,
  });
  const cluster = forgetful([]);
  expect((await run(cluster)).kind).toBe('accepted');
  expect(cluster.told).toEqual(['prepare new', 'apply new', 'converge new']);
  const failing = forgetful(['converge new']);
  expect((await run(failing)).kind).toBe('restored');
  expect(failing.told.slice(3)).toEqual(['prepare old', 'apply old', 'converge old', 'keep old']);
});

describe('everything goes back', () => {
  test.each(['apply new', 'converge new', 'record accepted new'])('when it fails at: %s', async (step) => {
    const cluster = memoryCluster([step]);
    const outcome = await run(cluster);
    expect(outcome).toMatchObject({ kind: 'restored', failure: new Error(`${step} failed`) });
    expect(cluster.told.slice(cluster.told.indexOf(step) + 1)).toEqual(['prepare old', ...UNDONE]);
  });

  test('when url does not answer', async () => {
    const cluster = memoryCluster();
    const outcome = await run(cluster, { verify: () => Promise.reject(new Error('503')) });
    expect(outcome).toMatchObject({ kind: 'restored', failure: new Error('503') });
    expect(cluster.told).not.toContain('record accepted new');
  });

  test('when the job is cancelled, although its signal is aborted then', async () => {
    const cancelled = new AbortController();
    const cluster = memoryCluster();
    const verify = async (): Promise<string> => {
      cancelled.abort(new Error('cancelled'));
      return 'answered';
    };
    expect(await run(cluster, { verify }, cancelled.signal)).toMatchObject({ kind: 'restored' });
    expect(cluster.told.slice(-UNDONE.length)).toEqual(UNDONE);
  });

  test('of a first release nothing stays', async () => {
    const cluster = memoryCluster(['converge new']);
    const outcome = await run(cluster, { previous: undefined, records: recordsOf() });
    expect(outcome.kind).toBe('restored');
    expect(cluster.told).toEqual([
      ...['prepare new', 'apply new', 'converge new'],
      ...['remove others than none', 'record rolled-back new', 'keep none'],
    ]);
  });
});

test.each([[[]], [['converge new']]])(
  'where records can not be read nothing is pruned, with failing: %j',
  async (failing) => {
    const cluster = memoryCluster(failing);
    await run(cluster, { records: { ...recordsOf(OLD), unreadable: ['shop-production.sealift.2'] } });
    expect(cluster.told.filter((what) => what.startsWith('keep'))).toEqual([]);
  },
);

test('before anything is applied a failure leaves all as it is', async () => {
  const cluster = memoryCluster(['before migrate']);
  const outcome = await run(cluster, { hooks: { before: [hook('migrate')], after: [] } });
  expect(outcome).toMatchObject({ kind: 'untouched', failure: new Error('before migrate failed') });
  expect(cluster.told).toEqual(['prepare new', 'before migrate', 'keep old']);
});

test('what can not be restored is said', async () => {
  const cluster = memoryCluster(['converge new', 'apply old']);
  const outcome = await run(cluster);
  expect(outcome).toMatchObject({ kind: 'broken', undoFailure: new Error('apply old failed') });
  expect(outcome.steps.filter(({ ok }) => !ok).map(({ text, undo }) => [text, undo])).toEqual([
    ['wait until new runs, whole', false],
    ['deploy old again', true],
  ]);
});

test('what fails once the release is live is a warning', async () => {
  const hooks = { before: [], after: [hook('tell', 'every body')] };
  const outcome = await run(memoryCluster(['remove others than new', 'after tell every body']), { hooks });
  expect(outcome).toMatchObject({
    kind: 'accepted',
    warnings: [
      'remove what only earlier releases have: remove others than new failed',
      "run tell 'every body' in web: after tell every body failed",
    ],
  });
});

describe("a run that has lost its lock applies nothing more: what is live is another run's", () => {
  const LOST = new Error('another run has locked it');
  /** Told to `during` when it is lost. */
  const lockLostDuring = (cluster: ToldCluster, during: string): StepLock => {
    const loss = new AbortController();
    return {
      get lost() {
        if (cluster.told.includes(during)) loss.abort(LOST);
        return loss.signal;
      },
      async assertHeld() {
        this.lost.throwIfAborted();
      },
    };
  };

  test.each(['apply new', 'converge new'])('lost during: %s', async (step) => {
    const cluster = memoryCluster();
    const outcome = await run(cluster, {}, undefined, lockLostDuring(cluster, step));
    expect(outcome).toMatchObject({ kind: 'broken', failure: LOST, undoFailure: LOST });
    expect(cluster.told.at(-1)).toBe(step);
  });

  test('lost while it fails for another reason: that is no reason any more', async () => {
    const cluster = memoryCluster(['converge new']);
    const outcome = await run(cluster, {}, undefined, lockLostDuring(cluster, 'converge new'));
    expect(outcome).toMatchObject({ kind: 'broken', failure: LOST });
    expect(cluster.told.at(-1)).toBe('converge new');
  });

  test('lost on the way back', async () => {
    const cluster = memoryCluster(['converge new']);
    const outcome = await run(cluster, {}, undefined, lockLostDuring(cluster, 'apply old'));
    expect(outcome).toMatchObject({ kind: 'broken', undoFailure: LOST });
    expect(cluster.told.at(-1)).toBe('apply old');
  });

  test('lost before anything is applied: not even leftovers are removed', async () => {
    const cluster = memoryCluster();
    const outcome = await run(cluster, {}, undefined, lockLostDuring(cluster, 'prepare new'));
    expect(outcome).toMatchObject({ kind: 'untouched', failure: LOST });
    expect(cluster.told).toEqual(['prepare new']);
  });

  test('a record that another run has written says the same', async () => {
    const cluster = memoryCluster();
    const failure = new ForeignRecordError(NEW, 2, undefined);
    const record = (): Promise<void> => Promise.reject(failure);
    expect(await run({ ...cluster, record })).toMatchObject({ kind: 'broken', failure });
    expect(cluster.told.at(-1)).toBe('converge new');
  });

  test('what waits ends at once', async () => {
    const loss = new AbortController();
    const cluster = memoryCluster();
    const converge: ToldCluster['converge'] = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
        loss.abort(LOST);
      });
    const lock = { lost: loss.signal, assertHeld: async () => loss.signal.throwIfAborted() };
    expect(await run({ ...cluster, converge }, {}, undefined, lock)).toMatchObject({ failure: LOST });
  });
});
