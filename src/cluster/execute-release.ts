import type { ClusterRelease, ContentObject } from '../model/cluster-release.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { Hook } from '../model/strategy.ts';
import { joinWithAnd } from '../model/text.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { StageName } from '../plan/plan.ts';
import type { Cluster, ClusterMove, ClusterWait } from './cluster.ts';
import { type ClusterRecords, clusterRecords, documentText, keptReleases, nextDocument } from './records.ts';

/** A step that ran, and how it ended. */
export interface ClusterStep {
  readonly stage: StageName;
  readonly text: string;
  /** Milliseconds since the first step began. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
  readonly ok: boolean;
  /** Whether it undid an earlier step. */
  readonly undo: boolean;
  readonly note: string | undefined;
}

/** How a deploy to a cluster ended. */
export type ClusterOutcome =
  | {
      readonly kind: 'accepted';
      readonly steps: readonly ClusterStep[];
      readonly warnings: readonly string[];
    }
  | {
      /** `untouched`: nothing that runs was changed. `restored`: what was changed is as before. `broken`: it could not be restored. */
      readonly kind: 'untouched' | 'restored' | 'broken';
      readonly steps: readonly ClusterStep[];
      readonly failure: unknown;
      readonly evidence: readonly Evidence[];
      /** Why it is `broken`. */
      readonly undoFailure: unknown;
    };

/** A release that is to be live on a cluster, and everything that is needed for it. */
export interface ClusterDeployment<Definition> {
  readonly release: ClusterRelease<Definition>;
  /** The release to go back to; `undefined`: there is none, so that nothing may stay. */
  readonly previous: ClusterRelease<Definition> | undefined;
  readonly contents: readonly ContentObject[];
  readonly records: ClusterRecords<Definition>;
  readonly hooks: { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
  /** Asks `url`; `undefined`: there is none. */
  readonly verify: ((signal: AbortSignal) => Promise<string>) | undefined;
  readonly keep: number;
  /** The event to record, for either end. */
  readonly entryFor: (event: HistoryEntry['event']) => HistoryEntry;
}

export interface ClusterProgress {
  onStepStart(text: string): void;
  onStepEnd(step: ClusterStep): void;
  onWait(line: string): void;
}

/**
 * Makes a release live on a cluster, wholly or not at all: when anything fails before it is recorded, everything goes back to
 * the previous release, also what had succeeded. Never throws: the outcome says what failed.
 */
export async function executeRelease<Definition>(
  cluster: Cluster<Definition>,
  deployment: ClusterDeployment<Definition>,
  progress: ClusterProgress,
  signal: AbortSignal,
): Promise<ClusterOutcome> {
  const run = new StepRunner(progress);
  const wait: ClusterWait = { signal, onProgress: (line) => progress.onWait(line) };
  const { release, hooks, verify, records } = deployment;
  try {
    await run.step('prepare', 'create what the workloads need first', () =>
      cluster.prepare(release, deployment.contents),
    );
    for (const hook of hooks.before)
      await run.step('before-release', hookText(hook), () =>
        cluster.runHook(release, { ...hook, when: 'before' }, wait),
      );
    signal.throwIfAborted();
  } catch (failure) {
    await removeLeftovers(cluster, deployment);
    return { kind: 'untouched', steps: run.steps, failure, evidence: [], undoFailure: undefined };
  }
  try {
    await run.step('start', `deploy ${release.id}`, async () => {
      await cluster.apply(release, wait, false);
      return undefined;
    });
    await run.step('check', `wait until ${release.id} runs, whole`, () => cluster.converge(release, wait));
    const moves = cluster.moves(release);
    const move = async (wanted: ClusterMove['stage']): Promise<void> => {
      for (const { stage, text, run: action } of moves)
        if (stage === wanted) await run.step(stage, text, () => action(wait));
    };
    await move('switch');
    if (verify !== undefined) await run.step('verify', 'ask url', () => verify(signal));
    await move('bake');
    signal.throwIfAborted();
    if (cluster.keepsReleases) {
      await run.step('accept', `record ${release.id} as accepted`, async () => {
        await cluster.record(nextDocument(records, release, deployment.entryFor('accepted')));
        return undefined;
      });
    }
  } catch (failure) {
    const evidence = await cluster.evidence(release);
    return await goBack(cluster, deployment, run, progress, failure, evidence);
  }
  return { kind: 'accepted', steps: run.steps, warnings: await finish(cluster, deployment, run, wait) };
}

const hookText = ({ service, argv }: Hook): string => `run ${argv[0] ?? ''} in ${service}`;

/** Nothing was started yet. What can't be removed now, the next deploy removes. */
async function removeLeftovers<Definition>(
  cluster: Cluster<Definition>,
  { records, keep }: ClusterDeployment<Definition>,
): Promise<void> {
  await cluster.prune(records, keptReleases(records, keep)).catch(() => undefined);
}

/** Makes the previous release live again, with a signal of its own: a cancelled job undoes what it did. */
async function goBack<Definition>(
  cluster: Cluster<Definition>,
  deployment: ClusterDeployment<Definition>,
  run: StepRunner,
  progress: ClusterProgress,
  failure: unknown,
  evidence: readonly Evidence[],
): Promise<ClusterOutcome> {
  const { previous, release, records, keep } = deployment;
  const wait: ClusterWait = {
    signal: new AbortController().signal,
    onProgress: (line) => progress.onWait(line),
  };
  const undo = true;
  try {
    if (previous !== undefined) {
      const back = async (): Promise<undefined> => {
        await cluster.prepare(previous, []);
        await cluster.apply(previous, wait, undo);
      };
      await run.step('start', `deploy ${previous.id} again`, back, undo);
    }
    if (cluster.keepsReleases) {
      await run.step(
        'retire',
        `remove what only ${release.id} has`,
        async () => removedText(await cluster.removeOthers(previous)),
        undo,
      );
    }
    if (previous !== undefined) {
      const check = (): Promise<string> => cluster.converge(previous, wait);
      await run.step('check', `wait until ${previous.id} runs, whole`, check, undo);
    }
  } catch (undoFailure) {
    await recordFailure(cluster, deployment);
    return { kind: 'broken', steps: run.steps, failure, evidence, undoFailure };
  }
  const after = (await recordFailure(cluster, deployment)) ?? records;
  await cluster.prune(after, keptReleases(after, keep)).catch(() => undefined);
  return { kind: 'restored', steps: run.steps, failure, evidence, undoFailure: undefined };
}

/** The history should say that it was tried; the report says so in any case. */
async function recordFailure<Definition>(
  cluster: Cluster<Definition>,
  { records, release, entryFor }: ClusterDeployment<Definition>,
): Promise<ClusterRecords<Definition> | undefined> {
  if (!cluster.keepsReleases) return undefined;
  const document = nextDocument(records, release, entryFor('rolled-back'));
  try {
    await cluster.record(document);
    return withDocument(records, document);
  } catch {
    return undefined;
  }
}

/** What is left to do once the release is live. A failure is a warning: it changes nothing for visitors. */
async function finish<Definition>(
  cluster: Cluster<Definition>,
  { release, records, keep, hooks, entryFor }: ClusterDeployment<Definition>,
  run: StepRunner,
  wait: ClusterWait,
): Promise<readonly string[]> {
  if (!cluster.keepsReleases) return [];
  const warnings: string[] = [];
  const attempt = async (stage: StageName, text: string, action: () => Promise<string>): Promise<void> => {
    try {
      await run.step(stage, text, action);
    } catch (error) {
      warnings.push(`${text}: ${messageOf(error)}`);
    }
  };
  const after = withDocument(records, nextDocument(records, release, entryFor('accepted')));
  await attempt('retire', `remove what only earlier releases have`, async () =>
    [
      removedText(await cluster.removeOthers(release)),
      await cluster.prune(after, keptReleases(after, keep)),
    ].join('; '),
  );
  for (const hook of hooks.after)
    await attempt('after-release', hookText(hook), () =>
      cluster.runHook(release, { ...hook, when: 'after' }, wait),
    );
  return warnings;
}

const withDocument = <Definition>(
  { documents }: ClusterRecords<Definition>,
  document: ClusterRecords<Definition>['documents'][number],
): ClusterRecords<Definition> => clusterRecords([...documents, document].map(documentText));

const removedText = (names: readonly string[]): string =>
  names.length === 0 ? 'no workload to remove' : `removed ${joinWithAnd(names)}`;

/** Runs steps one after the other and keeps their times. */
class StepRunner {
  readonly steps: ClusterStep[] = [];
  readonly #progress: ClusterProgress;
  readonly #startedAt = performance.now();

  constructor(progress: ClusterProgress) {
    this.#progress = progress;
  }

  /** @throws what the action throws, after the step is reported */
  async step(
    stage: StageName,
    text: string,
    action: () => Promise<string | undefined>,
    undo = false,
  ): Promise<void> {
    const at = performance.now() - this.#startedAt;
    this.#progress.onStepStart(text);
    const end = (ok: boolean, note: string | undefined): void => {
      const step = { stage, text, at, took: performance.now() - this.#startedAt - at, ok, undo, note };
      this.steps.push(step);
      this.#progress.onStepEnd(step);
    };
    try {
      end(true, await action());
    } catch (error) {
      end(false, error instanceof SealiftError ? error.message : messageOf(error));
      throw error;
    }
  }
}
