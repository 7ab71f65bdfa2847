import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from '../model/errors.ts';
import { thisJob } from '../model/place-words.ts';
import { anySignal } from '../run/signals.ts';
import type { EngineClient } from './client.ts';
import type { ExecOptions, ExecResult } from './engine.ts';
import { Fields } from './fields.ts';
import type { PreparedShells } from './prepared-shells.ts';
import { execSettings, startExec } from './started-exec.ts';

/**
 * See `Engine.exec`.
 * @param prepared shells that may wait in the container already
 */
export async function exec(
  client: EngineClient,
  id: string,
  argv: readonly string[],
  options: ExecOptions,
  prepared?: PreparedShells,
): Promise<ExecResult> {
  const operation = `run "${argv[0] ?? ''}" in container ${id}`;
  const { signal, exitWords, onStdout } = options;
  const { path, output, watchStdout } =
    (await prepared?.start(id, argv, options)) ??
    (await startExec(client, operation, id, { ...execSettings(options), Cmd: argv }, signal));
  if (onStdout !== undefined) watchStdout(onStdout);
  const { stdout, stderr } = await output;
  const printed = exitWords === undefined ? undefined : withoutExitCode(stdout, exitWords);
  if (printed !== undefined) return { stderr, ...printed };
  // A stream that was cut off ends like a complete one. Only the engine knows whether the program has ended.
  for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
    const state = new Fields(await client.callJson(operation, 'GET', `${path}/json`, { signal }));
    if (!state.flag('Running')) {
      if (state.has('ExitCode')) return { exitCode: state.number('ExitCode'), stdout, stderr };
      throw new HostError(
        client.host,
        `could not ${operation}: the engine does not report its exit code. Run ${thisJob()} again.`,
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
