import { formatDuration } from '../model/duration.ts';
import type { Log } from '../model/log.ts';
import { pause as pauseInRealTime } from './pause.ts';

export interface RetryPolicy {
  /** Number of attempts in total. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled after each attempt, up to `longestWait`. */
  readonly firstWait: number;
  readonly longestWait: number;
}

export interface RetryContext {
  readonly log: Log;
  readonly retryPolicy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** Waits some milliseconds, or until the signal aborts; `undefined` means real time. */
  readonly pause?: Pause | undefined;
  /** The time of several retries together. */
  readonly limit?: RetryLimit | undefined;
}

/** A time within which several things may be tried again. It begins with the first failure. */
export class RetryLimit {
  readonly #duration: number;
  #end: number | undefined;

  /** @param duration milliseconds */
  constructor(duration: number) {
    this.#duration = duration;
  }

  /** Milliseconds that are left. */
  left(): number {
    this.#end ??= performance.now() + this.#duration;
    return this.#end - performance.now();
  }
}

export type Pause = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;

/** BuildKit and the engine try again by themselves for some seconds; this covers a registry's bad minute. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { attempts: 5, firstWait: 2000, longestWait: 30_000 };

/** Milliseconds. A registry may want to be left alone for hours; no job should stand still so long. */
const LONGEST_WAIT = 5 * 60_000;

/** For an error: why it was not tried again, if that is because of the wait that the other side asks for; otherwise empty. */
export const waitRefusal = (wait: number | undefined): string =>
  wait === undefined || wait <= LONGEST_WAIT
    ? ''
    : ` It asks to try again in ${formatDuration(wait)}, and a run waits for at most ${formatDuration(LONGEST_WAIT)}.`;

/** A failure that may go away, with the error to throw if it does not. */
export class TransientError extends Error {
  readonly finalError: Error;
  /** Milliseconds that the other side wants to be left alone; `undefined` if it did not say. */
  readonly wait: number | undefined;

  /** @param reason for the log, while it is tried again; the message of the error by default */
  constructor(
    finalError: Error,
    { reason, wait }: { readonly reason?: string; readonly wait?: number | undefined } = {},
  ) {
    super(reason ?? finalError.message);
    this.finalError = finalError;
    this.wait = wait;
  }
}

/**
 * Runs `attempt` again while it throws a `TransientError`. Each wait is longer, and half of it is random, so that jobs that
 * failed together do not retry together.
 *
 * @param what subject of the log lines: "The push"
 * @throws the last attempt's own error, also if the next wait were too long; the signal's reason when it aborts during a wait
 */
export async function retryTransient<Result>(
  what: string,
  attempt: (number: number) => Promise<Result>,
  { log, retryPolicy, signal, pause = pauseInRealTime, limit }: RetryContext,
): Promise<Result> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (number >= retryPolicy.attempts) throw error.finalError;
      const wait = error.wait ?? retryWait(number, retryPolicy, Math.random());
      if (wait > Math.min(LONGEST_WAIT, limit?.left() ?? LONGEST_WAIT)) throw error.finalError;
      log.info(
        `${what} failed: ${error.message} Trying again in ${(wait / 1000).toFixed(1)} s (${number + 1} of ${retryPolicy.attempts}).`,
      );
      await pause(wait, signal);
    }
  }
}

/**
 * Milliseconds to wait after attempt `number` failed.
 * @param random from 0 to 1
 */
export function retryWait(number: number, { firstWait, longestWait }: RetryPolicy, random: number): number {
  const half = Math.min(longestWait, firstWait * 2 ** (number - 1)) / 2;
  return Math.round(half + half * random);
}
