import { StringDecoder } from 'node:string_decoder';

/** Characters of a line; what is longer comes in pieces, so that output without a line break takes no memory. */
const LONGEST_LINE = 1024 * 1024;

/** Splits a stream of bytes into lines without line breaks. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(withoutCarriageReturn(line));
    if (this.#rest.length < LONGEST_LINE) return;
    this.#onLine(this.#rest);
    this.#rest = '';
  }

  /** Passes on the text after the last line break. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (rest !== '') this.#onLine(withoutCarriageReturn(rest));
  }
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
