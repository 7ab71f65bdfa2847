/**
 * Wakes the waiting task. A notification while nothing waits is not lost, and several count as one: the waiter looks at
 * everything again, so it does not matter who notified it, or when.
 */
export class Notifier {
  #notified = Promise.withResolvers<void>();

  readonly notify = (): void => this.#notified.resolve();

  /** Resolves at the next notification, at once if there was one since the last wait, or after `timeout` milliseconds. */
  async wait(timeout?: number): Promise<void> {
    const timer = timeout === undefined ? undefined : setTimeout(this.notify, timeout);
    await this.#notified.promise;
    clearTimeout(timer);
    this.#notified = Promise.withResolvers<void>();
  }
}
