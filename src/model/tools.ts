import type { Log } from './log.ts';

/** How programs are run: argv only, never a shell. */
export interface RunOptions {
  /** The whole environment of the program; `undefined` inherits the step's without its inputs and tokens. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  /** Called for each line of stdout and stderr while it runs; what is given here is not kept. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
  /** Exit codes other than 0 that are answers, not failures. */
  readonly allowedExitCodes?: readonly number[];
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program and answers once it has ended.
 * @throws CommandError for an exit code that is neither 0 nor allowed; the exit code decides, never stderr.
 */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<RunResult>;

/** What every room that runs programs is given. */
export interface Tools {
  readonly run: RunProgram;
  readonly log: Log;
  /** A folder private to this step (mode 0700), removed at its end: sockets, keys, files for `docker`. Short path. */
  readonly folder: string;
}
