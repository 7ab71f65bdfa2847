import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from '../model/errors.ts';
import type { EngineClient } from './client.ts';
import type { ExecResult } from './engine.ts';
import { Fields } from './fields.ts';
import { Demultiplexer } from './streams.ts';

export interface ExecOptions {
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs argv in a running container. When `signal` aborts, its reason is thrown; the program in the container goes on, since
 * the engine has no way to end it.
 */
export async function exec(
  client: EngineClient,
  id: string,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const { signal, stdin } = options;
  const operation = `run "${argv[0] ?? ''}" in container ${id}`;
  const attach = { AttachStdin: stdin !== undefined, AttachStdout: true, AttachStderr: true };
  const made = await client.callJson(operation, 'POST', `/containers/${encodeURIComponent(id)}/exec`, {
    body: { ...attach, Cmd: argv },
    signal,
  });
  const execution = new Fields(made).text('Id');
  const output = await execOutput(client, operation, execution, options);

  // A stream that was cut ends like one that is complete: only the engine knows whether the program has ended.
  for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
    const state = new Fields(await client.callJson(operation, 'GET', `/exec/${execution}/json`, { signal }));
    if (!state.flag('Running')) {
      if (!state.has('ExitCode'))
        throw new HostError(client.host, `could not ${operation}: the engine knows no exit code of it.`);
      return { exitCode: state.number('ExitCode'), ...output };
    }
    await delay(pause, undefined, {
      signal: signal === undefined ? client.disconnected : AbortSignal.any([signal, client.disconnected]),
    }).catch(() => {
      throw signal?.aborted ? signal.reason : client.disconnected.reason;
    });
  }
}

async function execOutput(
  client: EngineClient,
  operation: string,
  execution: string,
  { stdin, signal }: ExecOptions,
): Promise<{ stdout: string; stderr: string }> {
  const { socket, head } = await client.hijack(operation, `/exec/${execution}/start`, {
    body: { Detach: false, Tty: false },
    signal,
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const demultiplexer = new Demultiplexer((stream, data) => chunks[stream].push(Buffer.from(data)));
  demultiplexer.push(head);
  socket.on('data', (chunk: Buffer) => demultiplexer.push(chunk));
  // A program that ends before it has read everything breaks the pipe; its exit code tells what that means.
  socket.on('error', () => undefined);
  if (stdin !== undefined) socket.end(stdin);
  try {
    await finished(socket, { writable: false });
  } catch {
    signal?.throwIfAborted();
    if (client.disconnected.aborted) throw client.disconnected.reason;
  } finally {
    socket.destroy();
  }
  return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
}
