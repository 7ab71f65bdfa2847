/**
 * Wakes the one that waits for it. A ring while nobody waits is not lost, several count as one: whoever wakes looks at the
 * whole again anyway, so it never matters who rang, or when.
 */
export class Bell {
  #rang = false;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#rang = true;
    this.#wake?.();
  };

  /** Resolves at the next ring, or at once if it rang since the last time. `within` milliseconds it rings by itself. */
  async rung(within?: number): Promise<void> {
    const timer = within === undefined ? undefined : setTimeout(this.ring, within);
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    this.#rang = false;
    this.#wake = undefined;
  }
}
