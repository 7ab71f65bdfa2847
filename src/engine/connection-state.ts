import { HostError, messageOf } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Transport } from './http-request.ts';

/** The connection to one engine: the calls in progress over it, and how they end. */
export class ConnectionState {
  readonly host: HostName;
  readonly transport: Transport;
  readonly #disconnected = new AbortController();
  readonly #pending = new Set<(error: Error) => void>();

  constructor(host: HostName, transport: Transport) {
    this.host = host;
    this.transport = transport;
  }

  /** Aborts when the connection has ended; the reason is the HostError. */
  get disconnected(): AbortSignal {
    return this.#disconnected.signal;
  }

  /** @throws HostError when the connection has ended */
  throwIfDisconnected(): void {
    if (this.disconnected.reason instanceof HostError) throw this.disconnected.reason;
  }

  /** Ends all calls in progress, and every later one, with this error. Only the first error counts. */
  disconnect(error: HostError): void {
    if (this.disconnected.aborted) return;
    this.#disconnected.abort(error);
    for (const end of [...this.#pending]) end(error);
    this.transport.agent.destroy();
    this.transport.urgentAgent?.destroy();
  }

  /**
   * Registers something in progress. `end` is called when the connection ends or `signal` aborts.
   * @returns a function that removes the registration
   */
  track(end: (error: Error) => void, signal: AbortSignal | undefined): () => void {
    const onAbort = () =>
      end(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
    this.#pending.add(end);
    signal?.addEventListener('abort', onAbort, { once: true });
    // Either may have happened between the head of the response and its body.
    if (this.disconnected.reason instanceof HostError) end(this.disconnected.reason);
    else if (signal?.aborted) onAbort();
    return () => {
      this.#pending.delete(end);
      signal?.removeEventListener('abort', onAbort);
    };
  }

  /** Ends the connection if a broken call shows that the host itself is unreachable. */
  checkReachable(cause: Error): void {
    if (this.transport.isHostUnreachable?.(cause)) this.disconnect(unreachableError(this.host, cause));
  }

  /** The error for a broken call: the reason why the connection ended, if that is what broke the call. */
  async explainFailure(operation: string, error: unknown): Promise<Error> {
    if (error instanceof HostError) return error;
    // The sockets of a tunnel close shortly before its process ends, and only that process knows why.
    const { graceAfterDisconnect, explainError } = this.transport;
    if (graceAfterDisconnect !== undefined && !this.disconnected.aborted) {
      await this.#disconnectedWithin(graceAfterDisconnect);
    }
    const cause = error instanceof Error ? error : new Error(messageOf(error));
    this.checkReachable(cause);
    if (this.disconnected.reason instanceof HostError) return this.disconnected.reason;
    return new HostError(this.host, `could not ${operation}: ${explainError(cause)}`, { cause });
  }

  #disconnectedWithin(milliseconds: number): Promise<void> {
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

/** The error for a connection whose other side no longer answers. */
export function unreachableError(host: HostName, cause?: Error): HostError {
  return new HostError(
    host,
    'the connection was lost: the server does not answer any more. The network or the server is down.',
    { cause },
  );
}
