import type { Log } from './log.ts';

/** Options of a program. It runs from argv only, never in a shell. */
export interface RunOptions {
  /** The complete environment; `undefined` means the environment of the step without inputs and tokens. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  /** Gets each line of stdout and stderr while the program runs. These lines are not part of the result. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal | undefined;
  /** What the log and errors call the program, if not by its name: `docker compose`. */
  readonly shownAs?: string;
  /** Exit codes other than 0 that are no failure. */
  readonly allowedExitCodes?: readonly number[];
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end. Its exit code decides, never stderr.
 * @throws CommandError for an exit code that is neither 0 nor allowed
 */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<RunResult>;

/** What code of a step needs to run programs. */
export interface StepContext {
  readonly run: RunProgram;
  readonly log: Log;
  /** A private folder of this step (mode 0700) for sockets, keys and files for `docker`; removed at the end. A short path. */
  readonly folder: string;
}
