import { randomBytes } from 'node:crypto';

/** A shell command that prints a line which nothing else prints. */
export interface ShellMarker {
  readonly command: string;
  readonly pattern: RegExp;
}

/** The line is not a part of the command: a shell, or a program in place of one, may print what it was told to run. */
export function makeShellMarker(): ShellMarker {
  const id = randomBytes(8).toString('hex');
  return { command: `echo 'sealift-'${id}`, pattern: new RegExp(`sealift-${id}[ \\t\\r]*\\n`) };
}

/** A request that changes nothing and has an answer without a body. */
export const ENGINE_GREETING = 'HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n';
/** The answer to it: it shows that an engine is at the other end. */
export const ENGINE_ANSWER = /HTTP\/1\.[01] \d{3} .*?\r\n\r\n/s;

/** Bytes without the marker that are kept. A start-up file that prints more than this is shown by its end. */
const MAX_KEPT = 64 * 1024;

/**
 * Finds a marker in what a server sends, wherever it stands: start-up files of a shell may print before it, with or without a
 * line break.
 */
export class MarkerSearch {
  readonly #pattern: RegExp;
  #pending: Buffer = Buffer.alloc(0);
  #found: boolean = false;

  constructor(pattern: RegExp) {
    this.#pattern = pattern;
  }

  /** Whatever was received without the marker. */
  get textBefore(): string {
    return this.#pending.toString();
  }

  /** @returns what follows the marker in this chunk, possibly nothing; `undefined` before the marker */
  push(chunk: Buffer): Buffer | undefined {
    if (this.#found) return chunk;
    const received = Buffer.concat([this.#pending, chunk]);
    // In latin1 each byte is one character, so positions are the same in the text and in the bytes.
    const match = this.#pattern.exec(received.toString('latin1'));
    this.#found = match !== null;
    this.#pending = match === null ? received.subarray(-MAX_KEPT) : received.subarray(0, match.index);
    return match === null ? undefined : received.subarray(match.index + match[0].length);
  }
}
