import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { CommandError, SealiftError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { RunOptions, RunProgram, RunResult } from '../model/step-context.ts';
import { programEnvironment } from './environment.ts';
import { LineSplitter } from './line-splitter.ts';
import { programMissingError } from './program-errors.ts';
import { Tail } from './tail.ts';

/**
 * Runs programs that are long, get input or can be cancelled. Short ones that are only asked something run in
 * `short-program.ts`, by `@actions/exec`. That package is not enough for the others (3.0.0): it can't cancel a program, its
 * listeners for lines lose a last line without a line break, and its error for an exit code holds nothing of stderr.
 */

/** Milliseconds from SIGTERM to SIGKILL. The runner gives a cancelled step 7.5 s. */
const KILL_GRACE_PERIOD = 5_000;
/** Lines of stderr that are kept for an error if `onLine` gets them. */
const STDERR_TAIL_LINES = 20;

/** @param log gets every command for the debug log. That is safe, because arguments never contain secrets. */
export function createProgramRunner(log?: Log): RunProgram {
  return async (program, args, options = {}) => {
    const command = [options.shownAs ?? program, ...args].join(' ');
    log?.debug(`$ ${command}`);
    const { code, stdout, stderr, tail } = await spawnAndWait(program, args, options);
    if (code === undefined || (code !== 0 && !options.allowedExitCodes?.includes(code))) {
      throw new CommandError(shortenCommand(command), code, tail);
    }
    return { exitCode: code, stdout, stderr };
  };
}

interface ProgramExit extends Omit<RunResult, 'exitCode'> {
  /** `undefined`: a signal ended it. */
  readonly code: number | undefined;
  readonly tail: string;
}

function spawnAndWait(program: string, args: readonly string[], options: RunOptions): Promise<ProgramExit> {
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: options.env ?? programEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const output = collectOutput(child, options);
    // A program need not read all of its stdin; only its exit code counts.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');

    let killer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      child.kill('SIGTERM');
      killer = setTimeout(() => child.kill('SIGKILL'), KILL_GRACE_PERIOD);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void) => {
      clearTimeout(killer);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    child.once('error', (error) => settle(() => reject(spawnError(program, options.cwd, error))));
    // After an abort, children of the program may keep its pipes open. Do not wait for them.
    child.once('exit', () => {
      if (signal?.aborted) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once('close', (code) =>
      settle(() => {
        if (signal?.aborted) reject(abortReason(signal));
        else resolve({ code: code ?? undefined, ...output() });
      }),
    );
  });
}

function collectOutput(
  child: ChildProcessWithoutNullStreams,
  { onLine }: RunOptions,
): () => Omit<ProgramExit, 'code'> {
  if (onLine === undefined) {
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
    return () => {
      const stderr = Buffer.concat(chunks.stderr).toString();
      return { stdout: Buffer.concat(chunks.stdout).toString(), stderr, tail: stderr };
    };
  }
  const tail = new Tail(STDERR_TAIL_LINES);
  const stdout = new LineSplitter((line) => onLine(line, 'stdout'));
  const stderr = new LineSplitter((line) => {
    tail.push(line);
    onLine(line, 'stderr');
  });
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.once('end', () => lines.end());
  }
  return () => ({ stdout: '', stderr: '', tail: tail.lines.join('\n') });
}

function spawnError(program: string, cwd: string | undefined, error: NodeJS.ErrnoException): SealiftError {
  if (error.code === 'ENOENT') return programMissingError(program, error, cwd);
  return new SealiftError(`${program} could not be started: ${error.message}`, { cause: error });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new SealiftError(String(signal.reason));
}

/** A command as one line of an error. The debug log has the full one. */
function shortenCommand(command: string): string {
  const line = command.replaceAll(/\s+/g, ' ');
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}
