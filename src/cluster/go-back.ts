import type { ClusterRelease } from '../model/cluster-release.ts';
import { joinWithAnd } from '../model/text.ts';
import type { Cluster, ClusterWait } from './cluster.ts';
import type { ClusterProgress, StepRunner } from './step-runner.ts';

/**
 * Makes the release before live again, and removes what only others have, with a signal of its own: a cancelled job undoes what it did.
 * @param previous `undefined`: there is none, so that nothing stays
 * @param others what else there is, for the log
 * @throws SealiftError if it is not whole; HostError if the lock is lost
 */
export async function goBackTo<Definition>(
  cluster: Cluster<Definition>,
  previous: ClusterRelease<Definition> | undefined,
  others: string,
  run: StepRunner,
  progress: ClusterProgress,
  lost: AbortSignal,
): Promise<void> {
  const wait: ClusterWait = { signal: lost, onProgress: (line) => progress.onWait(line) };
  const undo = true;
  if (previous !== undefined) {
    const back = async (): Promise<undefined> => {
      await cluster.prepare(previous, []);
      await cluster.apply(previous, wait, undo);
    };
    await run.step('start', `deploy ${previous.id} again`, back, undo);
  }
  if (cluster.keepsReleases) {
    const remove = async (): Promise<string> => removedText(await cluster.removeOthers(previous));
    await run.step('retire', `remove what only ${others} has`, remove, undo);
  }
  if (previous !== undefined) {
    const check = (): Promise<string> => cluster.converge(previous, wait);
    await run.step('check', `wait until ${previous.id} runs, whole`, check, undo);
  }
}

/** Workloads that were removed. */
export const removedText = (names: readonly string[]): string =>
  names.length === 0 ? 'no workload to remove' : `removed ${joinWithAnd(names)}`;
