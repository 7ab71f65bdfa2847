/** Finds what hangs: not by how long it lasts, but by how long nothing has gone on. */
export class StallWatch {
  readonly #limit: number;
  #last = { what: 'it began', at: performance.now() };

  /** @param limit milliseconds without progress after which something hangs */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Something went on. */
  see(what: string): void {
    this.#last = { what, at: performance.now() };
  }

  /** What is done, as long as something goes on meanwhile. */
  async over<T>(done: Promise<T>): Promise<T> {
    this.see('it began');
    let looking: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const look = (): void => {
        const silent = performance.now() - this.#last.at;
        if (silent < this.#limit) return;
        const seconds = Math.round(silent / 1000);
        reject(new Error(`It hangs: nothing went on for ${seconds} s. The last was: ${this.#last.what}`));
      };
      looking = setInterval(look, Math.min(1000, this.#limit));
    });
    try {
      return await Promise.race([done, stalled]);
    } finally {
      clearInterval(looking);
    }
  }
}
