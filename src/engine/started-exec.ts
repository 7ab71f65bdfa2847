import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { HostError } from '../model/errors.ts';
import type { EngineClient, UpgradedSocket } from './client.ts';
import type { ExecOptions, ExecResult, ObjectSpec } from './engine.ts';
import { Fields } from './fields.ts';
import { containerPath } from './paths.ts';
import { Demultiplexer } from './streams.ts';

/** Bytes that a program in a container may print; the programs of Sealift print a few kilobytes. */
const MOST_OUTPUT = 16_000_000;

/** A program that was started in a container, and what it prints. */
export interface StartedExec {
  /** Of the engine's API. */
  readonly path: string;
  readonly socket: Duplex;
  /** Ends with its streams. */
  readonly output: Promise<Pick<ExecResult, 'stdout' | 'stderr'>>;
  /** Lets somebody have all of stdout so far, now and each time that more of it has come. */
  readonly watchStdout: (watch: (printed: string) => void) => void;
}

/** What the engine is told beside the program. */
export const execSettings = ({ user, privileged, workingDir, environment }: ExecOptions): ObjectSpec => ({
  ...{ User: user, Privileged: privileged, WorkingDir: workingDir, Env: environment },
});

/** Starts a program in a running container, in two requests. */
export async function startExec(
  client: EngineClient,
  operation: string,
  id: string,
  spec: ObjectSpec,
  signal: AbortSignal | undefined,
): Promise<StartedExec> {
  const body = { AttachStdout: true, AttachStderr: true, ...spec };
  const created = await client.callJson(operation, 'POST', `${containerPath(id)}/exec`, { body, signal });
  const path = `/exec/${new Fields(created).text('Id')}`;
  const streams = { body: { Detach: false, Tty: false }, signal };
  const { socket, head } = await client.hijack(operation, `${path}/start`, streams);
  const printed = new PrintedOutput();
  const output = outputOf(client, operation, { socket, head }, printed, signal);
  return { path, socket, output, watchStdout: (watch) => printed.watchStdout(watch) };
}

/** What a program has printed so far. */
class PrintedOutput {
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  readonly #demultiplexer = new Demultiplexer((stream, data) => this.#chunks[stream].push(Buffer.from(data)));
  #watch: ((printed: string) => void) | undefined;

  push(chunk: Buffer): void {
    this.#demultiplexer.push(chunk);
    this.#watch?.(this.#textOf('stdout'));
  }

  watchStdout(watch: (printed: string) => void): void {
    this.#watch = watch;
    watch(this.#textOf('stdout'));
  }

  get text(): Pick<ExecResult, 'stdout' | 'stderr'> {
    return { stdout: this.#textOf('stdout'), stderr: this.#textOf('stderr') };
  }

  #textOf(stream: 'stdout' | 'stderr'): string {
    return Buffer.concat(this.#chunks[stream]).toString();
  }
}

async function outputOf(
  client: EngineClient,
  operation: string,
  { socket, head }: UpgradedSocket,
  printed: PrintedOutput,
  signal: AbortSignal | undefined,
): Promise<Pick<ExecResult, 'stdout' | 'stderr'>> {
  printed.push(head);
  let length = head.length;
  // A late error, such as ECONNRESET after the end, must not end the process.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MOST_OUTPUT) socket.destroy();
    else printed.push(chunk);
  });
  try {
    await finished(socket, { writable: false, cleanup: true });
  } catch {
    signal?.throwIfAborted();
    if (client.disconnected.aborted) throw client.disconnected.reason;
  } finally {
    socket.destroy();
  }
  if (length > MOST_OUTPUT)
    throw new HostError(
      client.host,
      `could not ${operation}: it printed more than ${MOST_OUTPUT / 1_000_000} MB. Look at "docker logs" of the container.`,
    );
  return printed.text;
}
