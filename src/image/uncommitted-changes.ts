import { CommandError, ConfigurationError } from '../model/errors.ts';
import type { ActionRequest } from '../model/request.ts';
import { joinWithAnd } from '../model/text.ts';
import { askGit } from '../run/git.ts';

/** So many files are named. */
const MAX_NAMED_FILES = 3;

/**
 * Refuses to build from a checkout whose tracked files are not those of its commit: the image would have the tag and the label of the
 * commit, and later runs of that commit would take it. A job of GitHub has a fresh checkout; a person's is often changed.
 * @throws ConfigurationError with the first files that differ
 */
export async function rejectUncommittedChanges(request: ActionRequest, checkout: string): Promise<void> {
  if (!('source' in request) || request.source.kind !== 'build') return;
  const commit = await commitOf(checkout);
  if (commit === undefined) return;
  const files = await changedFiles(checkout);
  if (files.length === 0) return;
  throw new ConfigurationError(
    `The checkout differs from commit ${commit.slice(0, 8)}: ${filesText(files)}. What is built would count as the image of that commit, also in later runs. Commit the changes or stash them; or deploy an image that exists, with --image.`,
  );
}

/** `undefined`: the folder belongs to no repository, or there is no commit yet. */
async function commitOf(checkout: string): Promise<string | undefined> {
  try {
    return (await askGit(checkout, ['rev-parse', '--verify', '--quiet', 'HEAD'])).trim();
  } catch (error) {
    if (error instanceof CommandError || error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

/** From the root of the repository, as git writes them: names with control characters are in quotes. */
async function changedFiles(checkout: string): Promise<readonly string[]> {
  // No lock on the index: the person may use git at the same time.
  const options = ['--no-optional-locks', '-c', 'core.quotePath=false'];
  const status = ['status', '--porcelain', '--untracked-files=no', '--no-renames'];
  const lines = (await askGit(checkout, [...options, ...status])).split('\n');
  // `XY name`: two letters, and a space.
  return lines.filter((line) => line !== '').map((line) => line.slice(3));
}

function filesText(files: readonly string[]): string {
  const more = files.length - MAX_NAMED_FILES;
  return joinWithAnd(more > 0 ? [...files.slice(0, MAX_NAMED_FILES), `${more} more`] : files);
}
