import { CommandError, messageOf, SealiftError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputSetting } from '../model/input-ref.ts';
import { asObject } from '../model/json.ts';
import type { Origin } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { liveRelease } from '../plan/host-queries.ts';
import { askGit } from '../run/git.ts';
import { repositoryConnection } from './gate-context.ts';
import type { GitHubOptions } from './github.ts';
import { connectToGitHub } from './github-client.ts';
import { notGitHubError } from './github-errors.ts';

export interface StaleCommitContext extends GitHubOptions {
  /** `owner/name`. */
  readonly repository: string | undefined;
  /** The checkout. */
  readonly workspace: string;
}

/** What is live somewhere: from which commit it was built, as far as that is known. */
export interface LiveOrigin {
  readonly host: HostName;
  readonly origin: Pick<Origin, 'revision' | 'repository'> | undefined;
}

export const liveOriginOf = (host: ObservedHost): LiveOrigin => ({
  host: host.host,
  origin: liveRelease(host)?.record?.origin,
});

/** Throws SealiftError if a commit is older than what is live somewhere. Asks for each pair of commits once. */
export type StaleCommitCheck = (sha: string | undefined, live: readonly LiveOrigin[]) => Promise<void>;

/**
 * Refuses to deploy a commit that the live release already contains, which happens when an old job is run again. Whether it is older,
 * GitHub says, or else the history of the checkout. If neither knows both commits, it is not refused.
 * @param token for GitHub's API
 */
export function createStaleCommitCheck(
  token: string | undefined,
  allowDowngrade: boolean,
  context: StaleCommitContext,
): StaleCommitCheck {
  const known = new Set<string>();
  return async (sha, origins) => {
    if (allowDowngrade || !isSha(sha)) return;
    for (const [live, names] of liveCommits(origins, context.repository)) {
      if (live === sha || known.has(`${live} ${sha}`)) continue;
      known.add(`${live} ${sha}`);
      const isOlder = (await askGitHub(live, sha, token, context)) ?? (await askCheckout(live, sha, context));
      if (isOlder === undefined) {
        context.log.info(
          `It is not known whether commit ${sha} is older than the live commit ${live}: neither GitHub nor the checkout has both.`,
        );
      } else if (isOlder) throw staleCommitError(sha, live, names);
    }
  };
}

function staleCommitError(sha: string, live: string, hosts: readonly HostName[]): SealiftError {
  return new SealiftError(
    `Commit ${sha} is older than the live commit ${live} on ${joinWithAnd(hosts)}, which contains it. An old job that is run again does this. To go back to an earlier release, use the rollback action. To deploy this commit anyway, set ${inputSetting('allow-downgrade', 'true')}.`,
  );
}

/** The commits that are live, with their hosts. A release of another repository can't be compared. */
function liveCommits(
  origins: readonly LiveOrigin[],
  repository: string | undefined,
): ReadonlyMap<string, readonly HostName[]> {
  const commits = new Map<string, HostName[]>();
  for (const { host, origin } of origins) {
    if (!isSha(origin?.revision) || (origin.repository ?? repository) !== repository) continue;
    commits.set(origin.revision, [...(commits.get(origin.revision) ?? []), host]);
  }
  return commits;
}

const isSha = (text: string | undefined): text is string => /^[0-9a-f]{40,64}$/.test(text ?? '');

/** Whether `sha` is an ancestor of `live`; `undefined` if GitHub can't be asked, or does not have both. */
async function askGitHub(
  live: string,
  sha: string,
  token: string | undefined,
  context: StaleCommitContext,
): Promise<boolean | undefined> {
  const connection = repositoryConnection(token);
  if (connection === undefined) return undefined;
  try {
    const github = await connectToGitHub(connection, context);
    const comparison = await github.compareCommits(live, sha);
    if (comparison === undefined) return undefined;
    const { status } = asObject(comparison);
    if (['ahead', 'behind', 'diverged', 'identical'].some((known) => known === status))
      return status === 'behind';
    throw notGitHubError('commits');
  } catch (error) {
    if (!(error instanceof SealiftError)) throw error;
    throw new SealiftError(
      `${messageOf(error)} Without an answer, Sealift can't tell whether commit ${sha} is older than the live commit ${live}. To deploy it anyway, set ${inputSetting('allow-downgrade', 'true')}.`,
      { cause: error, evidence: error.evidence },
    );
  }
}

/** The same from the history of the checkout, which is often shallow. */
async function askCheckout(
  live: string,
  sha: string,
  { workspace }: StaleCommitContext,
): Promise<boolean | undefined> {
  try {
    await askGit(workspace, ['merge-base', '--is-ancestor', sha, live]);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // 1 means no. Anything else: there is no checkout, or it does not have both.
    return error.exitCode === 1 ? false : undefined;
  }
}
