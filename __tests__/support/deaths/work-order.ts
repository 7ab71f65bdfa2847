/** Which of several runs at once has worked when, as the lines of their logs came. */
export class WorkOrder {
  readonly #turns: number[] = [];

  /** A line of a run, by the number of the run. */
  see(run: number, line: string): void {
    // Of a step that has ended.
    if (/^[✓✗↶–] /.test(line) && this.#turns.at(-1) !== run) this.#turns.push(run);
  }

  /** The runs in the order in which they worked; one stands there again if it went on after another one. */
  get turns(): readonly number[] {
    return this.#turns;
  }

  get isOneAfterTheOther(): boolean {
    return new Set(this.#turns).size === this.#turns.length;
  }
}
