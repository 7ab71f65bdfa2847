import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { HostError } from '../model/errors.ts';
import type { EngineClient } from './client.ts';
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
  return { path, socket, output: outputOf(client, operation, socket, head, signal) };
}

async function outputOf(
  client: EngineClient,
  operation: string,
  socket: Duplex,
  head: Buffer,
  signal: AbortSignal | undefined,
): Promise<Pick<ExecResult, 'stdout' | 'stderr'>> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const demultiplexer = new Demultiplexer((stream, data) => chunks[stream].push(Buffer.from(data)));
  demultiplexer.push(head);
  let length = head.length;
  // A late error, such as ECONNRESET after the end, must not end the process.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MOST_OUTPUT) socket.destroy();
    else demultiplexer.push(chunk);
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
  return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
}
