import { formatDuration } from '../model/duration.ts';
import { SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, asText, type JsonObject } from '../model/json.ts';
import { byPlace, thisJob, thisRunner } from '../model/place-words.ts';

/** Why GitHub did not answer a request as hoped. */
export interface Refusal {
  /** `undefined`: no answer came. */
  readonly status: number | undefined;
  /** What GitHub says, or why no answer came. */
  readonly message: string;
  /** Milliseconds until GitHub answers again; `undefined` if this is no rate limit. */
  readonly rateLimitWait: number | undefined;
  readonly cause: unknown;
}

/** What was asked, for the error. */
export interface Question {
  /** Completes `Cannot read …`. */
  readonly what: string;
  /** The line of `permissions:` that allows it. */
  readonly permission: string;
  readonly apiUrl: string;
}

/** Milliseconds. A step that waits longer looks as if it hung. */
const LONGEST_RATE_LIMIT_WAIT = 60_000;

/**
 * Reads an error of octokit. One without a response means that no answer came, although octokit gives it the status 500.
 * @param now milliseconds since 1970
 */
export function readRefusal(error: unknown, now = Date.now()): Refusal {
  const { status, response, message, name, cause } = asObject(error);
  if (response === undefined || typeof status !== 'number') {
    const isLate = [name, asObject(cause)['name']].includes('TimeoutError');
    const why = isLate ? 'it took too long' : (asText(message) ?? String(error));
    return { status: undefined, message: why, rateLimitWait: undefined, cause: error };
  }
  const { headers, data } = asObject(response);
  return {
    status,
    message: asText(asObject(data)['message']) ?? asText(message) ?? 'no message',
    rateLimitWait: readRateLimitWait(status, asObject(headers), now),
    cause: error,
  };
}

/** docs.github.com, "Rate limits for the REST API": without a time in the headers, at least a minute. */
function readRateLimitWait(status: number, headers: JsonObject, now: number): number | undefined {
  const retryAfter = asText(headers['retry-after']);
  const isUsedUp = headers['x-ratelimit-remaining'] === '0';
  if (status !== 429 && !(status === 403 && (retryAfter !== undefined || isUsedUp))) return undefined;
  if (retryAfter !== undefined && /^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const reset = asText(headers['x-ratelimit-reset']);
  return isUsedUp && reset !== undefined && /^\d+$/.test(reset)
    ? Math.max(0, Number(reset) * 1000 - now)
    : LONGEST_RATE_LIMIT_WAIT;
}

/** Whether the same request may succeed soon. */
export function isWorthRetrying({ status, rateLimitWait }: Refusal): boolean {
  if (rateLimitWait !== undefined) return rateLimitWait <= LONGEST_RATE_LIMIT_WAIT;
  return status === undefined || status >= 500;
}

/** `HTTP 503`, `no answer: connect ECONNREFUSED 127.0.0.1:80`. */
export const refusalText = ({ status, message }: Refusal): string =>
  status === undefined ? `no answer: ${message}` : `HTTP ${status}`;

/** A proxy or another server answered in place of GitHub. */
export const notGitHubError = (what: string, cause?: unknown): SealiftError =>
  new SealiftError(
    `Cannot read ${what}: the answer is not one of GitHub's API. Check that GITHUB_API_URL names a GitHub, and that no proxy answers in its place.`,
    { cause },
  );

/** The error for the user: what could not be read, and what to change. */
export function githubError(refusal: Refusal, { what, permission, apiUrl }: Question): SealiftError {
  const { status, message, cause } = refusal;
  const from = status === undefined ? ` from ${apiUrl}` : '';
  return new SealiftError(
    `Cannot read ${what}${from} (${refusalText(refusal)}). ${adviceFor(refusal, permission, apiUrl)}`,
    { cause, evidence: status === undefined ? [] : [`GitHub: ${message}`] },
  );
}

function adviceFor({ status, rateLimitWait }: Refusal, permission: string, apiUrl: string): string {
  if (rateLimitWait !== undefined) {
    const wait = formatDuration(Math.max(1000, rateLimitWait));
    return `The rate limit of GitHub's API is reached. Run ${thisJob()} again in ${wait}.`;
  }
  if (status === undefined)
    return `Check that ${thisRunner()} reaches ${apiUrl} (a proxy needs HTTPS_PROXY), and run ${thisJob()} again.`;
  if (status === 401)
    return `GitHub refuses the token. Correct "${inputRef('github-token')}"${byPlace(', or remove it: then Sealift uses the token of the job', '')}.`;
  if (status === 403)
    return byPlace(
      `Add "${permission}" to this job's permissions.`,
      `Give "${inputRef('github-token')}" a token with the permission "${permission}".`,
    );
  if (status >= 500) return `GitHub has a problem. Run ${thisJob()} again.`;
  return `${apiUrl} does not answer as GitHub's API does.`;
}
