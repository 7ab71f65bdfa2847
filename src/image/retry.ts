import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../model/log.ts';

export interface RetryPolicy {
  /** How often in all. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled each time, up to `longest`. */
  readonly firstWait: number;
  readonly longestWait: number;
}

/** BuildKit and the engine try again by themselves for some seconds; this covers a registry's bad minute. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { attempts: 5, firstWait: 2000, longestWait: 30_000 };

/** A failure that may pass, with the error to end with if it does not. */
export class TransientError extends Error {
  readonly finalError: Error;

  constructor(final: Error) {
    super(final.message);
    this.finalError = final;
  }
}

/**
 * Does something again while it fails with `Transient`, waiting longer each time; half of each wait is chance, so that jobs
 * which failed together don't come back together.
 *
 * @throws the last failure's own error; the signal's reason when it aborts meanwhile
 */
export async function retryTransient<Result>(
  what: string,
  attempt: (number: number) => Promise<Result>,
  {
    log,
    retryPolicy,
    signal,
  }: { readonly log: Log; readonly retryPolicy: RetryPolicy; readonly signal: AbortSignal | undefined },
): Promise<Result> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (number >= retryPolicy.attempts) throw error.finalError;
      const wait = retryWait(number, retryPolicy, Math.random());
      log.info(
        `${what} failed: ${error.message} Trying again in ${(wait / 1000).toFixed(1)} s (${number + 1} of ${retryPolicy.attempts}).`,
      );
      // Node's own error would say that an operation was aborted, and not why.
      await pause(wait, undefined, signal === undefined ? {} : { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
}

/** Milliseconds to wait after attempt `number` failed. */
export function retryWait(
  number: number,
  { firstWait: first, longestWait: longest }: RetryPolicy,
  chance: number,
): number {
  const whole = Math.min(longest, first * 2 ** (number - 1));
  return Math.round(whole / 2 + (whole / 2) * chance);
}
