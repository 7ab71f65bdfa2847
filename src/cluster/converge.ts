import { formatDuration } from '../model/duration.ts';
import { SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { pause } from '../run/pause.ts';
import type { ClusterWait } from './cluster.ts';

/** Milliseconds in which new parts must go on running, as long as nothing else has watched them. */
const WATCH_TIME = 5_000;
/** The same where no part is new, or the cluster has watched them already. */
const SHORT_WATCH_TIME = 1_000;
/** Milliseconds between two lines of the log in which nothing has changed. */
const REPEAT = 10_000;
/** Milliseconds, or a quarter of the limit, in which parts may fail any number of times. */
const FAILURE_TOLERANCE = 10_000;
/** Milliseconds in which a pull counts as progress. */
export const PULL_LIMIT = 600_000;
/** Failures of a workload after which it is given up. */
export const MAX_FAILURES = 3;

/** What became of a workload. Its parts are the tasks or pods in which its containers run. */
export type WorkloadVerdict =
  | {
      readonly kind: 'whole';
      readonly counts: WorkloadCounts;
      /** What makes it whole: other texts when other parts do. */
      readonly parts: readonly string[];
      /** Whether these parts have proven themselves: they ran before the deploy, or the cluster has watched them. */
      readonly isProven: boolean;
      /** How often new parts have failed before. */
      readonly failures: number;
    }
  | {
      readonly kind: 'pending';
      readonly counts: WorkloadCounts;
      /** What is in the way, if anything is. */
      readonly problem: string | undefined;
      /** How often new parts have failed. */
      readonly failures: number;
      /** Whether a node pulls its image. */
      readonly pulling: boolean;
    }
  | { readonly kind: 'failed'; readonly counts: WorkloadCounts; readonly why: string };

export interface WorkloadCounts {
  /** How many should run, or should have ended well. */
  readonly wanted: number;
  /** How many of the wanted definition do, or have. */
  readonly ready: number;
}

export interface JudgedWorkload {
  readonly name: string;
  readonly verdict: WorkloadVerdict;
  /** Milliseconds beyond the limit that its update pauses between two batches. */
  readonly pause?: number;
  /** What to do about its problem, as a sentence after a space; '' if nothing is known. */
  readonly advice?: string;
}

export interface Convergence {
  /** Milliseconds that a workload may go without progress. */
  readonly timeout: number;
  /** What the parts are called: `tasks`, `pods`. */
  readonly parts: string;
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Looks at every workload. */
  readonly look: () => Promise<readonly JudgedWorkload[]>;
}

/** What is remembered of a workload between two looks. */
interface Watch {
  ready: number;
  /** When it last got one more ready part; by `performance.now()`. */
  progressAt: number;
  /** Its parts, as one text, and since when they are the same. */
  parts: string;
  sameSince: number;
  /** When a node began to pull; `undefined`: none has yet. */
  pullingSince: number | undefined;
}

/**
 * Waits until every workload runs as it should: as many parts as wanted of the wanted definition, none of another, and all of
 * them for some seconds.
 * @returns `web 3 of 3, db 1 of 1`
 * @throws SealiftError that names each workload that failed, or made no progress in time, and why
 */
export async function convergeWorkloads(convergence: Convergence, wait: ClusterWait): Promise<string> {
  const startedAt = performance.now();
  const watches = new Map<string, Watch>();
  let told = { text: '', at: startedAt };
  for (;;) {
    wait.signal.throwIfAborted();
    const workloads = await convergence.look();
    const now = performance.now();
    const judged = workloads.map((workload) => {
      const watch = watches.get(workload.name) ?? newWatch(now);
      watches.set(workload.name, watch);
      noteProgress(watch, workload.verdict, now);
      return { ...workload, watch };
    });
    const failures = judged.flatMap((each) => {
      const why = whyFailed(each, convergence, now - startedAt, now);
      return why === undefined ? [] : [`${each.name} did not converge: ${why}`];
    });
    if (failures.length > 0) throw new SealiftError(failures.join(' · '));
    const text = judged.map(({ name, verdict }) => progressText(name, verdict)).join(', ');
    if (judged.every(({ verdict, watch }) => hasSettled(verdict, watch, now))) return text;
    if (text !== told.text || now - told.at >= REPEAT) {
      wait.onProgress(`${text}  after ${formatDuration(now - startedAt)}`);
      told = { text, at: now };
    }
    await pause(convergence.interval, wait.signal);
  }
}

const newWatch = (now: number): Watch => ({
  ...{ ready: -1, progressAt: now, parts: '', sameSince: now },
  pullingSince: undefined,
});

function noteProgress(watch: Watch, verdict: WorkloadVerdict, now: number): void {
  const parts = verdict.kind === 'whole' ? verdict.parts.join(' ') : '-';
  if (parts !== watch.parts) Object.assign(watch, { parts, sameSince: now });
  const { ready } = verdict.counts;
  if (ready > watch.ready) Object.assign(watch, { ready, progressAt: now });
  if (verdict.kind !== 'pending' || !verdict.pulling) return;
  watch.pullingSince ??= now;
  if (now - watch.pullingSince < PULL_LIMIT) watch.progressAt = now;
}

function hasSettled(verdict: WorkloadVerdict, watch: Watch, now: number): boolean {
  if (verdict.kind !== 'whole') return false;
  return now - watch.sameSince >= (verdict.isProven ? SHORT_WATCH_TIME : WATCH_TIME);
}

function whyFailed(
  { verdict, watch, pause: updatePause = 0, advice = '' }: JudgedWorkload & { readonly watch: Watch },
  { timeout, parts }: Convergence,
  elapsed: number,
  now: number,
): string | undefined {
  if (verdict.kind === 'failed') return verdict.why;
  if (verdict.kind === 'whole') return undefined;
  const { counts, problem, failures } = verdict;
  const state = `${counts.ready} of ${counts.wanted} new ${parts} are ready${problem === undefined ? '' : `; ${problem}`}`;
  if (failures >= MAX_FAILURES && elapsed > Math.min(FAILURE_TOLERANCE, timeout / 4))
    return `its ${parts} failed ${failures} times, ${state}.${advice}`;
  // An update pauses between two batches, and watches each.
  if (now - watch.progressAt <= timeout + updatePause) return undefined;
  return `no progress for ${formatDuration(timeout)}, ${state}. Increase "${inputRef('health-timeout')}", or fix the cause.${advice}`;
}

function progressText(name: string, { kind, counts }: WorkloadVerdict): string {
  return `${name} ${counts.ready} of ${counts.wanted}${kind === 'pending' && counts.ready === counts.wanted ? ', old ones still run' : ''}`;
}
