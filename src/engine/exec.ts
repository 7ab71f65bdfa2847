import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from '../model/errors.ts';
import { anySignal } from '../run/signals.ts';
import type { EngineClient } from './client.ts';
import type { ExecOptions, ExecResult } from './engine.ts';
import { Fields } from './fields.ts';
import { containerPath } from './paths.ts';
import { Demultiplexer } from './streams.ts';

/** Bytes that a program in a container may print; the programs of Sealift print a few kilobytes. */
const MOST_OUTPUT = 16_000_000;

/** See `Engine.exec`. */
export async function exec(
  client: EngineClient,
  id: string,
  argv: readonly string[],
  {
    signal,
    exitWords,
    user: User,
    privileged: Privileged,
    workingDir: WorkingDir,
    environment: Env,
  }: ExecOptions,
): Promise<ExecResult> {
  const operation = `run "${argv[0] ?? ''}" in container ${id}`;
  const body = { AttachStdout: true, AttachStderr: true, Cmd: argv, User, Privileged, WorkingDir, Env };
  const created = await client.callJson(operation, 'POST', `${containerPath(id)}/exec`, { body, signal });
  const path = `/exec/${new Fields(created).text('Id')}`;
  const output = await execOutput(client, operation, `${path}/start`, signal);

  const printed = exitWords === undefined ? undefined : withoutExitCode(output.stdout, exitWords);
  if (printed !== undefined) return { ...output, ...printed };
  // A stream that was cut off ends like a complete one. Only the engine knows whether the program has ended.
  for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
    const state = new Fields(await client.callJson(operation, 'GET', `${path}/json`, { signal }));
    if (!state.flag('Running')) {
      if (state.has('ExitCode')) return { exitCode: state.number('ExitCode'), ...output };
      throw new HostError(
        client.host,
        `could not ${operation}: the engine does not report its exit code. Run this job again.`,
      );
    }
    await delay(pause, undefined, { signal: anySignal(signal, client.disconnected) }).catch(() => {
      throw signal?.aborted ? signal.reason : client.disconnected.reason;
    });
  }
}

/** @returns `undefined` if the exit code is not at the end */
function withoutExitCode(
  stdout: string,
  exitWords: string,
): Pick<ExecResult, 'exitCode' | 'stdout'> | undefined {
  const at = stdout.lastIndexOf(exitWords);
  const code = at < 0 ? undefined : /^ (\d+)\n$/.exec(stdout.slice(at + exitWords.length))?.[1];
  return code === undefined ? undefined : { exitCode: Number(code), stdout: stdout.slice(0, at) };
}

async function execOutput(
  client: EngineClient,
  operation: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ stdout: string; stderr: string }> {
  const { socket, head } = await client.hijack(operation, path, {
    body: { Detach: false, Tty: false },
    signal,
  });
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
