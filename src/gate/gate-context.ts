import type { GateOptions } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { githubVariables } from '../run/github-variables.ts';
import type { GitHub, GitHubConnection, GitHubOptions } from './github.ts';
import { connectToGitHub } from './github-client.ts';
import type { WorkflowRun } from './judge-approval.ts';

/**
 * The API for the repository of this workflow; `undefined` outside GitHub Actions or without a token.
 * @throws ConfigurationError if GITHUB_API_URL is no address of an API
 */
export function repositoryConnection(token: string | undefined): GitHubConnection | undefined {
  const { repository, apiUrl } = githubVariables();
  const [owner, repo] = repository?.split('/') ?? [];
  return owner === undefined || repo === undefined || token === undefined
    ? undefined
    : { apiUrl: requireApiUrl(apiUrl), owner, repo, token };
}

/**
 * The error does not repeat the value: it may hold a password.
 * @throws ConfigurationError if it is no address of an API
 */
export function requireApiUrl(apiUrl: string): string {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return apiUrl;
  throw new ConfigurationError(
    "GITHUB_API_URL: it is not the address of GitHub's API. GitHub's runners set it: do not change it in the workflow. Set it to https://api.github.com, or to https://HOST/api/v3 for GitHub Enterprise Server, without a user name and password.",
  );
}

/**
 * Whom to ask for the approval; `undefined` outside GitHub Actions, if no approval is demanded: there is no environment that a job
 * could run in.
 * @throws ConfigurationError if an approval is demanded and nobody can be asked
 */
export async function openGitHub(
  { approval, token }: GateOptions,
  context: GitHubOptions,
): Promise<GitHub | undefined> {
  const { repository, runId } = githubVariables();
  // A checkout at a terminal has the first, but not the second.
  const missing = repository === undefined ? 'GITHUB_REPOSITORY' : 'GITHUB_RUN_ID';
  if (repository === undefined || (runId === undefined && token === undefined)) {
    if (approval !== 'required') return undefined;
    throw new ConfigurationError(
      `approval: this is not a job of GitHub Actions (${missing} is not set), so no environment can have held it. Set ${inputSetting('approval', 'off')}.`,
    );
  }
  const connection = repositoryConnection(token);
  if (connection !== undefined) return await connectToGitHub(connection, context);
  throw new ConfigurationError(
    `github-token: missing, so Sealift can't ask GitHub for the approval. Remove the input, and Sealift uses the token of the job; or set ${inputSetting('approval', 'off')}.`,
  );
}

/** @throws ConfigurationError if the runner does not say which run this is */
export function workflowRun(): WorkflowRun {
  const { runId = '', runAttempt = '', actor } = githubVariables();
  if (/^\d+$/.test(runId) && /^[1-9]\d*$/.test(runAttempt) && actor !== undefined)
    return { id: Number(runId), attempt: Number(runAttempt), actor };
  throw new ConfigurationError(
    `approval: the runner does not say which run this is (GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_ACTOR), so Sealift can't ask for its approval. Set ${inputSetting('approval', 'off')}.`,
  );
}
