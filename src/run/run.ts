import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { Run, RunOptions, RunResult } from '../model/run.ts';
import { programEnvironment } from './environment.ts';
import { Lines } from './lines.ts';

/** How long a program may take to end itself once it was asked to. Milliseconds; the runner gives a step 7.5 s. */
const GRACE = 5_000;
/** Lines of stderr that are kept for an error although they were handed on. */
const KEPT_LINES = 20;

/**
 * Makes the one who runs programs.
 * @param log is told every call for the debug log; argv holds no secret, by the house's rule
 */
export function runner(log?: Log): Run {
  return async (program, args, options = {}) => {
    const command = [program, ...args].join(' ');
    log?.debug(`$ ${command}`);
    const { code, stdout, stderr, tail } = await runToEnd(program, args, options);
    if (code === undefined || (code !== 0 && !options.allow?.includes(code))) {
      throw new CommandError(shortened(command), code, tail);
    }
    return { exitCode: code, stdout, stderr };
  };
}

export const run: Run = runner();

interface Ended extends Omit<RunResult, 'exitCode'> {
  /** `undefined`: ended by a signal. */
  readonly code: number | undefined;
  readonly tail: string;
}

function runToEnd(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(reasonOf(signal));
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: options.env ?? programEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const output = outputOf(child, options);
    // A program that does not read its stdin to the end may well be right; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');

    let killer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      child.kill('SIGTERM');
      killer = setTimeout(() => child.kill('SIGKILL'), GRACE);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (what: () => void) => {
      clearTimeout(killer);
      signal?.removeEventListener('abort', onAbort);
      what();
    };
    child.once('error', (error) => settle(() => reject(notStarted(program, options.cwd, error))));
    // Once it was aborted, children of the program may still hold its pipes: nobody waits for them.
    child.once('exit', () => {
      if (signal?.aborted) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once('close', (code) =>
      settle(() => {
        if (signal?.aborted) reject(reasonOf(signal));
        else resolve({ code: code ?? undefined, ...output() });
      }),
    );
  });
}

function outputOf(child: ChildProcessWithoutNullStreams, { onLine }: RunOptions): () => Omit<Ended, 'code'> {
  if (onLine === undefined) {
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
    return () => {
      const stderr = Buffer.concat(chunks.stderr).toString();
      return { stdout: Buffer.concat(chunks.stdout).toString(), stderr, tail: stderr };
    };
  }
  const tail: string[] = [];
  const stdout = new Lines((line) => onLine(line, 'stdout'));
  const stderr = new Lines((line) => {
    tail.push(line);
    if (tail.length > KEPT_LINES) tail.shift();
    onLine(line, 'stderr');
  });
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.once('end', () => lines.end());
  }
  return () => ({ stdout: '', stderr: '', tail: tail.join('\n') });
}

function notStarted(program: string, cwd: string | undefined, error: NodeJS.ErrnoException): SealiftError {
  if (error.code === 'ENOENT') {
    const where = cwd === undefined ? '' : ` (or the folder ${cwd} does not exist)`;
    return new ConfigurationError(
      `${program} was not found on this runner${where}. Install it in a step before this one.`,
      { cause: error },
    );
  }
  return new SealiftError(`${program} could not be started: ${error.message}`, { cause: error });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new SealiftError(String(signal.reason));
}

/** A command as one line of an error: the whole one is in the debug log. */
function shortened(command: string): string {
  const line = command.replaceAll(/\s+/g, ' ');
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}
