import { SealiftError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { asObject, asText } from '../model/json.ts';
import { retryTransient, TransientError } from '../run/retry.ts';
import type { GitHub, GitHubConnection, GitHubOptions } from './github.ts';
import {
  githubError,
  isWorthRetrying,
  notGitHubError,
  type Question,
  readRefusal,
  refusalText,
} from './github-errors.ts';

import { followOnServer, RedirectError, redirectError } from './redirects.ts';

type OctokitPackage = typeof import('@actions/github');
type Octokit = ReturnType<OctokitPackage['getOctokit']>;

/**
 * A client for GitHub's API with `@actions/github`, which honours the proxies of the runner. The package is loaded only here: in
 * `dist/` it is a file of its own, which few runs need.
 */
export async function connectToGitHub(connection: GitHubConnection, options: GitHubOptions): Promise<GitHub> {
  const { owner, repo, token, apiUrl } = connection;
  const octokitPackage = await import('@actions/github');
  const octokit = createOctokit(octokitPackage, token, apiUrl, options);
  const repository = { owner, repo };
  return {
    getEnvironment: (environment) =>
      ask({ what: 'environments', permission: 'actions: read', apiUrl }, options, (request) =>
        octokit.request('GET /repos/{owner}/{repo}/environments/{environment_name}', {
          ...repository,
          environment_name: environment,
          request,
        }),
      ),
    getCheckRun: (id) =>
      ask({ what: 'the check run of this job', permission: 'checks: read', apiUrl }, options, (request) =>
        octokit.request('GET /repos/{owner}/{repo}/check-runs/{check_run_id}', {
          ...repository,
          check_run_id: id,
          request,
        }),
      ),
    getRun: (id) =>
      ask({ what: 'workflow runs', permission: 'actions: read', apiUrl }, options, (request) =>
        octokit.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', {
          ...repository,
          run_id: id,
          request,
        }),
      ),
    listReviews: (runId) =>
      ask({ what: 'approvals', permission: 'actions: read', apiUrl }, options, async (request) => ({
        data: await octokit.paginate('GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals', {
          ...repository,
          run_id: runId,
          request,
        }),
      })),
    compareCommits: (base, head) =>
      // Only the status counts. The shortest page spares the list of commits.
      ask({ what: 'commits', permission: 'contents: read', apiUrl }, options, (request) =>
        octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
          ...repository,
          basehead: `${base}...${head}`,
          per_page: 1,
          request,
        }),
      ),
    listAttestations: (digest) =>
      // One page: nobody attests a hundred times how an image was built.
      ask({ what: 'attestations', permission: 'attestations: read', apiUrl }, options, (request) =>
        octokit.request('GET /repos/{owner}/{repo}/attestations/{subject_digest}', {
          ...repository,
          ...{ subject_digest: digest, predicate_type: 'provenance', per_page: 100, request },
        }),
      ),
    async createAttestation(bundle) {
      const question = { what: 'attestations', permission: 'attestations: write', apiUrl };
      const stored = await ask(question, options, (request) =>
        octokit.request('POST /repos/{owner}/{repo}/attestations', { ...repository, bundle, request }),
      );
      if (stored !== undefined) return;
      throw new SealiftError(
        `attest: GitHub stores no attestation of ${owner}/${repo} (HTTP 404). Add "attestations: write" to this job's permissions. GitHub Enterprise Server has no attestations, and GitHub.com has those of private repositories only with an Enterprise plan: set ${inputSetting('attest', 'false')} there.`,
      );
    },
    getIdToken: (audience) => requestIdToken(octokitPackage, audience, options),
  };
}

/**
 * Asks the runner's own service (docs.github.com, "OpenID Connect reference"). It takes another token than the API: a JWT, which
 * octokit sends as `bearer`.
 */
async function requestIdToken(
  octokitPackage: OctokitPackage,
  audience: string,
  options: GitHubOptions,
): Promise<string | undefined> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url || !token) return undefined;
  const address = new URL(url);
  address.searchParams.set('audience', audience);
  const octokit = createOctokit(octokitPackage, token, address.origin, options);
  const question = { what: 'the OIDC token', permission: 'id-token: write', apiUrl: address.origin };
  const data = await ask(question, options, (request) => octokit.request(`GET ${address.href}`, { request }));
  return asText(asObject(data)['value']);
}

function createOctokit(
  { getOctokit }: OctokitPackage,
  token: string,
  baseUrl: string,
  { log: { debug } }: GitHubOptions,
): Octokit {
  const octokit = getOctokit(token, {
    baseUrl,
    log: { debug: () => undefined, info: debug, warn: debug, error: debug },
  });
  octokit.hook.before('request', ({ request }) => {
    request.fetch = followOnServer(request.fetch, baseUrl);
  });
  return octokit;
}

/**
 * Sends a request, and again if it fails for a reason that may go away.
 * @returns `undefined` for 404
 * @throws SealiftError that names what to change
 */
async function ask(
  question: Question,
  { log, signal, retryPolicy, requestTimeout, pause }: GitHubOptions,
  send: (request: { readonly signal: AbortSignal }) => Promise<{ readonly data: unknown }>,
): Promise<unknown> {
  const attempt = async (): Promise<unknown> => {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(requestTimeout);
    try {
      const { data } = await send({ signal: AbortSignal.any([signal, timeout]) });
      // If the body is cut short, octokit returns what it has of it, as if that were all.
      timeout.throwIfAborted();
      return data;
    } catch (error) {
      signal.throwIfAborted();
      const { name, cause } = asObject(error);
      if (cause instanceof RedirectError) throw redirectError(cause, question);
      if (name === 'TypeError') throw notGitHubError(question.what, error);
      const refusal = readRefusal(error);
      if (refusal.status === 404) return undefined;
      const finalError = githubError(refusal, question);
      if (!isWorthRetrying(refusal)) throw finalError;
      throw new TransientError(finalError, {
        reason: `${refusalText(refusal)}.`,
        wait: refusal.rateLimitWait,
      });
    }
  };
  return await retryTransient('A request to GitHub', attempt, { log, retryPolicy, signal, pause });
}
