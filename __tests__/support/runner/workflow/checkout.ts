import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the harness knows of the inputs of actions/checkout. */
const KNOWN = ['ref', 'fetch-depth', 'persist-credentials'];

/**
 * Does what actions/checkout does: a clone of the commit in the workspace, one commit deep unless all are asked for.
 *
 * @param origin the repository as git reads it, a path
 */
export async function checkout(
  origin: string,
  sha: string,
  workspace: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const unknown = Object.keys(given).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) throw new Error(`The harness does not know ${unknown.join(', ')} of checkout.`);
  const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: workspace });
  const depth = given['fetch-depth'] ?? '1';
  await git('init', '--quiet');
  await git(
    'fetch',
    '--quiet',
    ...(depth === '0' ? [] : ['--depth', depth]),
    `file://${origin}`,
    given['ref'] || sha,
  );
  await git('checkout', '--quiet', '--force', '--detach', 'FETCH_HEAD');
}
