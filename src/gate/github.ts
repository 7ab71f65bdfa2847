import type { JsonObject } from '../model/json.ts';
import type { Log } from '../model/log.ts';
import { pause } from '../run/pause.ts';
import type { Pause, RetryPolicy } from '../run/retry.ts';

/** What Sealift asks GitHub's API about a repository. The answers are plain JSON, which the callers read with care. */
export interface GitHub {
  /** The rules of an environment; `undefined` if there is none, or the token can't see it. */
  getEnvironment(environment: string): Promise<unknown>;
  /** The check run of a job; `undefined` if there is none, or the token can't see it. */
  getCheckRun(id: number): Promise<unknown>;
  /** The latest attempt of a workflow run; `undefined` if the token can't see it. */
  getRun(id: number): Promise<unknown>;
  /** Every review of a workflow run, from all pages; `undefined` if the token can't see the run. */
  listReviews(runId: number): Promise<unknown>;
  /** How `head` relates to `base`; `undefined` if GitHub does not have both. */
  compareCommits(base: string, head: string): Promise<unknown>;
  /** The attestations of how an artifact was built, by its digest; `undefined` if there are none, or the token can't see them. */
  listAttestations(digest: string): Promise<unknown>;
  /** Stores a Sigstore bundle as an attestation of the repository. */
  createAttestation(bundle: JsonObject): Promise<void>;
  /**
   * An OIDC token of this job, unverified: it comes from GitHub over TLS. `undefined` if the job may have none.
   * @param audience whom the token is for
   */
  getIdToken(audience: string): Promise<string | undefined>;
}

/** Where GitHub's API is, and who asks. */
export interface GitHubConnection {
  /** `https://api.github.com`, `https://github.example.com/api/v3`. */
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
}

/** How long to wait for GitHub. */
export interface GitHubTimes {
  readonly retryPolicy: RetryPolicy;
  /** Milliseconds for one request with its answer. */
  readonly requestTimeout: number;
  readonly pause: Pause;
}

export interface GitHubOptions extends GitHubTimes {
  readonly log: Log;
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal;
}

/**
 * Three more attempts after the first, within about ten seconds. GitHub ends a request by itself after ten seconds, so only a server
 * that says nothing at all takes the whole time, about 90 seconds.
 */
export const GITHUB_TIMES: GitHubTimes = {
  retryPolicy: { attempts: 4, firstWait: 1000, longestWait: 8000 },
  requestTimeout: 20_000,
  pause,
};
