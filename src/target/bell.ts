/**
 * Wakes the one that waits for it. A ring while nobody waits is not lost, and several count as one: whoever wakes looks at
 * the whole again anyway, so it never matters who rang, or when.
 */
export class Bell {
  #next = Promise.withResolvers<void>();

  readonly ring = (): void => this.#next.resolve();

  /** Resolves at the next ring, or at once if it rang since the last time. `within` milliseconds it rings by itself. */
  async rung(within?: number): Promise<void> {
    const timer = within === undefined ? undefined : setTimeout(this.ring, within);
    await this.#next.promise;
    clearTimeout(timer);
    this.#next = Promise.withResolvers<void>();
  }
}
