/**
 * Wakes the one that waits for it. A ring while nobody waits is not lost, and several count as one: whoever wakes looks at
 * the whole again anyway, so it never matters who rang, or when.
 */
export class Notifier {
  #notified = Promise.withResolvers<void>();

  readonly notify = (): void => this.#notified.resolve();

  /** Resolves at the next ring, or at once if it rang since the last time. `within` milliseconds it rings by itself. */
  async wait(timeout?: number): Promise<void> {
    const timer = timeout === undefined ? undefined : setTimeout(this.notify, timeout);
    await this.#notified.promise;
    clearTimeout(timer);
    this.#notified = Promise.withResolvers<void>();
  }
}
