import { runShortProgram } from './short-program.ts';

/**
 * Asks git about a checkout and returns its output.
 * @throws CommandError for an exit code other than 0; ConfigurationError if git is not installed
 */
export async function askGit(checkout: string, args: readonly string[]): Promise<string> {
  // In a job's container the checkout belongs to another user. Without this setting git refuses it (CVE-2022-24765).
  const options = ['-c', `safe.directory=${checkout}`, '-C', checkout];
  return (await runShortProgram('git', [...options, ...args])).stdout;
}
