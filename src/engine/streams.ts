import { LineSplitter } from '../run/line-splitter.ts';

export type StreamName = 'stdout' | 'stderr';

/**
 * Splits the engine's multiplexed stream. A frame is a header of 8 bytes (1 = stdout, 2 = stderr; three zeros; the length in 32
 * bits, big-endian) and the payload. Source: "Stream format" in moby's api/swagger.yaml.
 */
export class Demultiplexer {
  readonly #onData: (stream: StreamName, data: Buffer) => void;
  #pending: Buffer = Buffer.alloc(0);

  constructor(onData: (stream: StreamName, data: Buffer) => void) {
    this.#onData = onData;
  }

  push(chunk: Buffer): void {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      this.#onData(rest[0] === 2 ? 'stderr' : 'stdout', rest.subarray(8, end));
      rest = rest.subarray(end);
    }
    this.#pending = rest;
  }
}

/** The lines of both streams, in the order in which they were completed. */
export function streamLines(multiplexed: boolean, body: Buffer): readonly string[] {
  const lines: string[] = [];
  const streams = {
    stdout: new LineSplitter((line) => lines.push(line)),
    stderr: new LineSplitter((line) => lines.push(line)),
  };
  if (multiplexed) new Demultiplexer((stream, data) => streams[stream].push(data)).push(body);
  else streams.stdout.push(body);
  streams.stdout.end();
  streams.stderr.end();
  return lines;
}
