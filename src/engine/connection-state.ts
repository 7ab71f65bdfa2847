import { HostError } from '../model/errors.ts';

/** The life of a connection: what is under way over it, and how all that ends with it. */
export class ConnectionState {
  readonly #disconnected = new AbortController();
  readonly #pending = new Set<(error: Error) => void>();

  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get disconnected(): AbortSignal {
    return this.#disconnected.signal;
  }

  /** @throws HostError when it has ended */
  throwIfDisconnected(): void {
    if (this.disconnected.reason instanceof HostError) throw this.disconnected.reason;
  }

  /** Ends everything under way with this error. Answers whether it lived until now. */
  disconnect(error: HostError): boolean {
    if (this.disconnected.aborted) return false;
    this.#disconnected.abort(error);
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
    if (this.disconnected.reason instanceof HostError) end(this.disconnected.reason);
    else if (signal?.aborted) onAbort();
    return () => {
      this.#pending.delete(end);
      signal?.removeEventListener('abort', onAbort);
    };
  }

  /** Resolves when it has ended, or after as many milliseconds. */
  waitForDisconnect(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.disconnected.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.disconnected.addEventListener('abort', done);
    });
  }
}

/** The end of a connection whose other side fell silent. */
export function unreachableError(host: string, cause?: Error): HostError {
  const message =
    'the connection was lost: the server does not answer any more. Network or server went down.';
  return new HostError(host, message, { cause });
}
