/** Milliseconds: a builder that has a container of its own says nothing while it sends a large layer. */
export const PUSH_SILENCE_LIMIT = 30 * 60_000;

/** Ends a push of which BuildKit's progress says nothing more: a registry that never answers is waited for without end. */
export class PushSilence implements Disposable {
  readonly #abort = new AbortController();
  readonly #limit: number;
  /** Steps that push now, by their number in the progress. */
  readonly #pushing = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limit = PUSH_SILENCE_LIMIT) {
    this.#limit = limit;
  }

  /** Aborted when it was silent for too long. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** A line of the plain progress: `#12 pushing layers`, `#12 pushing layers 2.1s done`, `#12 DONE 4.3s`. */
  see(line: string): void {
    const [, number = '', what = ''] = /^#(\d+) (pushing|DONE|ERROR|CANCELED)\b/.exec(line) ?? [];
    if (what === 'pushing') this.#pushing.add(number);
    else if (what !== '') this.#pushing.delete(number);
    clearTimeout(this.#timer);
    this.#timer =
      this.#pushing.size === 0 ? undefined : setTimeout(() => this.#abort.abort(), this.#limit).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
