import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../model/log.ts';

export interface Patience {
  /** How often in all. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled each time, up to `longest`. */
  readonly first: number;
  readonly longest: number;
}

/** BuildKit and the engine try again by themselves for some seconds; this covers a registry's bad minute. */
export const PATIENCE: Patience = { attempts: 5, first: 2000, longest: 30_000 };

/** A failure that may pass, with the error to end with if it does not. */
export class Transient extends Error {
  readonly final: Error;

  constructor(final: Error) {
    super(final.message);
    this.final = final;
  }
}

/**
 * Does something again while it fails with `Transient`, waiting longer each time; half of each wait is chance, so that jobs
 * which failed together don't come back together.
 *
 * @throws the last failure's own error; the signal's reason when it aborts meanwhile
 */
export async function persist<Result>(
  what: string,
  attempt: (number: number) => Promise<Result>,
  {
    log,
    patience,
    signal,
  }: { readonly log: Log; readonly patience: Patience; readonly signal: AbortSignal | undefined },
): Promise<Result> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      if (number >= patience.attempts) throw error.final;
      const wait = waitBefore(number, patience, Math.random());
      log.info(
        `${what} failed: ${error.message} Trying again in ${(wait / 1000).toFixed(1)} s (${number + 1} of ${patience.attempts}).`,
      );
      // Node's own error would say that an operation was aborted, and not why.
      await pause(wait, undefined, signal === undefined ? {} : { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
}

/** Milliseconds to wait after attempt `number` failed. */
export function waitBefore(number: number, { first, longest }: Patience, chance: number): number {
  const whole = Math.min(longest, first * 2 ** (number - 1));
  return Math.round(whole / 2 + (whole / 2) * chance);
}
