/** Where a pattern matches in a text. It is looked for once, however often it is asked: a long text takes no longer than its length. */
export class TextPositions {
  readonly #starts: readonly number[];

  /** @param pattern with the flag `g` */
  constructor(text: string, pattern: RegExp) {
    this.#starts = Array.from(text.matchAll(pattern), ({ index }) => index);
  }

  /** The last one before a position; -1 if there is none. */
  lastBefore(position: number): number {
    return this.#starts[this.#countBefore(position) - 1] ?? -1;
  }

  /** The first one from a position on; infinite if there is none. */
  firstFrom(position: number): number {
    return this.#starts[this.#countBefore(position)] ?? Number.POSITIVE_INFINITY;
  }

  #countBefore(position: number): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
