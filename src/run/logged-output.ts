import { Tail } from './tail.ts';

/** Characters of one command's output that the log shows. What waits for the reader of the log is in the memory of this process. */
const LONGEST_OUTPUT = 10_000_000;

/** Output of a command: the log shows each line as it comes, up to a limit, and the last lines are kept as evidence for an error. */
export class LoggedOutput implements Disposable {
  readonly #print: (line: string) => void;
  readonly #tail: Tail;
  #printed = 0;
  #omitted = 0;

  /** @param evidenceLines how many lines an error shows */
  constructor(print: (line: string) => void, evidenceLines: number) {
    this.#print = print;
    this.#tail = new Tail(evidenceLines);
  }

  push(line: string): void {
    this.#tail.push(line);
    this.#printed += line.length;
    if (this.#printed <= LONGEST_OUTPUT) {
      this.#print(line);
      return;
    }
    if (this.#omitted === 0)
      this.#print('… The output is too long for the log. Its last lines follow when it ends.');
    this.#omitted += 1;
  }

  /** The last lines, oldest first. */
  get lastLines(): readonly string[] {
    return this.#tail.lines;
  }

  /** The command has ended: prints the last lines of what was left out. */
  [Symbol.dispose](): void {
    if (this.#omitted === 0) return;
    const last = this.lastLines.slice(-this.#omitted);
    this.#print(`… ${this.#omitted - last.length} lines are left out here.`);
    for (const line of last) this.#print(line);
  }
}
