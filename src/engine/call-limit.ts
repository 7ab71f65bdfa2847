import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { thisJob } from '../model/place-words.ts';
import { anySignal } from '../run/signals.ts';

/** Milliseconds within which the engine must have answered. Its own work is quick; one that takes longer hangs, although it may answer other calls. */
export const CALL_LIMIT = 2 * 60_000;
/** The same for calls that delete: images and containers of many gigabytes on a slow disk. */
export const DELETE_LIMIT = 5 * 60_000;

/** The time for one call. It begins when the call has a connection: before that, others are in its way. */
export class CallLimit implements Disposable {
  /** Aborts when the time is over, and when the caller's own signal does. */
  readonly signal: AbortSignal;
  readonly #limit: number;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, signal: AbortSignal | undefined) {
    this.#limit = limit;
    this.#signal = signal;
    this.signal = anySignal(signal, this.#over.signal);
  }

  begin(): void {
    this.#timer ??= setTimeout(() => this.#over.abort(), this.#limit);
  }

  /** The error for a call that broke: that it took too long, if that is what broke it. */
  explain(error: unknown, host: HostName, operation: string): unknown {
    if (!this.#over.signal.aborted || this.#signal?.aborted || error instanceof HostError) return error;
    return new HostError(
      host,
      `could not ${operation}: its Docker engine has not answered within ${formatDuration(this.#limit)}. ` +
        `It hangs: look at "journalctl -u docker" on the host, restart it (sudo systemctl restart docker), and run ${thisJob()} again.`,
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
