import { getExecOutput } from '@actions/exec';
import { CommandError, messageOf } from '../model/errors.ts';
import type { RunResult } from '../model/step-context.ts';
import { programEnvironment } from './environment.ts';
import { programMissingError } from './program-errors.ts';

/**
 * Runs a program that is short, gets no input and need not be cancelled: git, a question for a version. Its exit code
 * decides, never stderr. All others run in `run-program.ts`, which says why.
 * @param program a name without spaces, which `@actions/exec` would take for arguments
 * @param env the complete environment
 * @throws CommandError for an exit code other than 0; ConfigurationError for a program that is not installed
 */
export async function runShortProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = programEnvironment(),
): Promise<RunResult> {
  const options = { env: { ...env }, silent: true, ignoreReturnCode: true };
  const result = await getExecOutput(program, [...args], options).catch((error: unknown) => {
    if (!/^Unable to locate executable file/.test(messageOf(error))) throw error;
    throw programMissingError(program, error);
  });
  if (result.exitCode !== 0) {
    throw new CommandError([program, ...args].join(' '), exitCodeOf(result), result.stderr);
  }
  return result;
}

/** `@actions/exec` gives `null` if a signal ended the program, which its types do not tell. */
function exitCodeOf({ exitCode }: { readonly exitCode: number | null }): number | undefined {
  return exitCode ?? undefined;
}
