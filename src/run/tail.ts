/** The last lines of a program's output, kept as evidence for an error. */
export class Tail {
  readonly #limit: number;
  readonly #lines: string[] = [];

  /** @param limit lines that are kept at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }
}
