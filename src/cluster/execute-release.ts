import type { ClusterRelease, ContentObject } from '../model/cluster-release.ts';
import { formatCommand } from '../model/command-line.ts';
import { messageOf } from '../model/errors.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { Hook } from '../model/strategy.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { StageName } from '../plan/plan.ts';
import type { Cluster, ClusterMove, ClusterWait } from './cluster.ts';
import { goBackTo, removedText } from './go-back.ts';
import { pruneOld } from './prune-old.ts';
import {
  type ClusterRecords,
  clusterRecords,
  documentText,
  ForeignRecordError,
  nextDocument,
} from './records.ts';
import { type ClusterProgress, type ClusterStep, type StepLock, StepRunner } from './step-runner.ts';

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

/**
 * Makes a release live on a cluster, wholly or not at all: when anything fails before it is recorded, everything goes back to
 * the previous release, also what had succeeded. If the lock is lost, nothing more is changed: the run that has it now says what is live.
 * Never throws: the outcome says what failed.
 */
export async function executeRelease<Definition>(
  cluster: Cluster<Definition>,
  lock: StepLock,
  deployment: ClusterDeployment<Definition>,
  progress: ClusterProgress,
  cancelled: AbortSignal,
): Promise<ClusterOutcome> {
  const run = new StepRunner(progress, lock);
  const signal = AbortSignal.any([cancelled, lock.lost]);
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
    await lock.assertHeld();
  } catch (failure) {
    await removeLeftovers(cluster, lock, deployment);
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
    return await goBack(cluster, lock, deployment, { run, progress, failure, evidence });
  }
  return { kind: 'accepted', steps: run.steps, warnings: await finish(cluster, deployment, run, wait) };
}

const hookText = ({ service, argv }: Hook): string => `run ${formatCommand(argv)} in ${service}`;

/** Nothing was started yet. What can't be removed now, the next deploy removes. */
async function removeLeftovers<Definition>(
  cluster: Cluster<Definition>,
  lock: StepLock,
  deployment: Pick<ClusterDeployment<Definition>, 'records' | 'keep'>,
  after = deployment.records,
): Promise<void> {
  try {
    await lock.assertHeld();
    await pruneOld(cluster, deployment.records, deployment.keep, after);
  } catch {}
}

/** A release that failed after some of it was applied. */
interface FailedRelease {
  readonly run: StepRunner;
  readonly progress: ClusterProgress;
  readonly failure: unknown;
  readonly evidence: readonly Evidence[];
}

/** Makes the previous release live again, unless another run may have made one live meanwhile. */
async function goBack<Definition>(
  cluster: Cluster<Definition>,
  lock: StepLock,
  deployment: ClusterDeployment<Definition>,
  { run, progress, failure, evidence }: FailedRelease,
): Promise<ClusterOutcome> {
  const { previous, release, records } = deployment;
  const { steps } = run;
  if (failure instanceof ForeignRecordError)
    return { kind: 'broken', steps, failure, evidence, undoFailure: failure };
  try {
    await goBackTo(cluster, previous, release.id, run, progress, lock.lost);
  } catch (undoFailure) {
    await recordFailure(cluster, lock, deployment);
    return { kind: 'broken', steps, failure, evidence, undoFailure };
  }
  const after = (await recordFailure(cluster, lock, deployment)) ?? records;
  await removeLeftovers(cluster, lock, deployment, after);
  return { kind: 'restored', steps, failure, evidence, undoFailure: undefined };
}

/** The history should say that it was tried; the report says so in any case. */
async function recordFailure<Definition>(
  cluster: Cluster<Definition>,
  lock: StepLock,
  { records, release, entryFor }: ClusterDeployment<Definition>,
): Promise<ClusterRecords<Definition> | undefined> {
  if (!cluster.keepsReleases) return undefined;
  const document = nextDocument(records, release, entryFor('rolled-back'));
  try {
    await lock.assertHeld();
    await cluster.record(document);
    return withDocument(records, document);
  } catch {
    return undefined;
  }
}

/** What is left to do once the release is live. A failure is a warning: it changes nothing for visitors. */
async function finish<Definition>(
  cluster: Cluster<Definition>,
  deployment: ClusterDeployment<Definition>,
  run: StepRunner,
  wait: ClusterWait,
): Promise<readonly string[]> {
  const { release, records, hooks, entryFor } = deployment;
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
      await pruneOld(cluster, records, deployment.keep, after),
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
