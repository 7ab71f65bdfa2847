import { formatDuration } from '../model/duration.ts';
import { SealiftError } from '../model/errors.ts';
import { pause } from '../run/pause.ts';
import type { ClusterWait } from './cluster.ts';
import type { JudgedWorkload, WorkloadVerdict } from './converge.ts';

/** Milliseconds between two lines of the log. */
const TELL_INTERVAL = 10_000;
/** Milliseconds between two questions. */
const ASK_INTERVAL = 5_000;

export interface WorkloadWatch {
  /** Milliseconds. */
  readonly duration: number;
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Looks at every workload. */
  readonly look: () => Promise<readonly JudgedWorkload[]>;
  /** Asks whether all else is well. @throws SealiftError that says what is not */
  readonly ask?: (() => Promise<void>) | undefined;
}

/**
 * Watches workloads that were whole. A part that a node gives up is no failure: the cluster runs another one.
 * @returns `no failure in 30s`
 * @throws SealiftError when a part fails, or its cluster gives a workload up
 */
export async function watchWorkloads(
  { duration, interval, look, ask }: WorkloadWatch,
  wait: ClusterWait,
): Promise<string> {
  const startedAt = performance.now();
  const known = new Map<string, number>();
  let toldAt = startedAt;
  let askedAt: number | undefined;
  for (;;) {
    wait.signal.throwIfAborted();
    for (const { name, verdict } of await look()) {
      const why = whyFailedAgain(verdict, known.get(name));
      if (why !== undefined) throw new SealiftError(`${name} failed while it was watched: ${why}`);
      known.set(name, verdict.kind === 'failed' ? 0 : verdict.failures);
    }
    const now = performance.now();
    const isLast = now - startedAt >= duration;
    if (ask !== undefined && (isLast || askedAt === undefined || now - askedAt >= ASK_INTERVAL)) {
      askedAt = now;
      await ask();
    }
    if (isLast) return `no failure in ${formatDuration(duration)}`;
    if (now - toldAt >= TELL_INTERVAL) {
      wait.onProgress(`no failure yet  after ${formatDuration(now - startedAt)}`);
      toldAt = now;
    }
    const rest = Math.min(interval, startedAt + duration - now);
    await pause(rest, wait.signal);
  }
}

/** @param known how often its parts had failed at the last look; `undefined`: this is the first one */
function whyFailedAgain(verdict: WorkloadVerdict, known: number | undefined): string | undefined {
  if (verdict.kind === 'failed') return verdict.why;
  if (known === undefined || verdict.failures <= known) return undefined;
  return (
    (verdict.kind === 'pending' ? verdict.problem : undefined) ??
    'one of its containers ended and was started again'
  );
}
