import { HostError } from '../model/errors.ts';

/** The life of a connection: what is under way over it, and how all that ends with it. */
export class Life {
  readonly #lost = new AbortController();
  readonly #pending = new Set<(error: Error) => void>();

  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws HostError when it has ended */
  throwIfLost(): void {
    if (this.lost.reason instanceof HostError) throw this.lost.reason;
  }

  /** Ends everything under way with this error. Answers whether it lived until now. */
  lose(error: HostError): boolean {
    if (this.lost.aborted) return false;
    this.#lost.abort(error);
    for (const end of [...this.#pending]) end(error);
    return true;
  }

  /**
   * Keeps what is under way, to end it with the connection or when `signal` aborts.
   * @returns a function that forgets it, once it has ended by itself
   */
  track(end: (error: Error) => void, signal: AbortSignal | undefined): () => void {
    const onAbort = () =>
      end(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
    this.#pending.add(end);
    signal?.addEventListener('abort', onAbort, { once: true });
    // Either may have happened between the answer and its body.
    if (this.lost.reason instanceof HostError) end(this.lost.reason);
    else if (signal?.aborted) onAbort();
    return () => {
      this.#pending.delete(end);
      signal?.removeEventListener('abort', onAbort);
    };
  }

  /** Resolves when it has ended, or after as many milliseconds. */
  lostWithin(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.lost.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.lost.addEventListener('abort', done);
    });
  }
}

/** The end of a connection whose other side fell silent. */
export function unreachable(host: string, cause?: Error): HostError {
  const message =
    'the connection was lost: the server does not answer any more. Network or server went down.';
  return new HostError(host, message, { cause });
}
