import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asObject, asText } from '../model/json.ts';
import { askGit } from '../run/git.ts';
import { githubVariables } from '../run/github-variables.ts';

/** The commit that is built and what started the workflow. Plain data. */
export interface CommitContext {
  /** Full SHA; `undefined` outside a workflow and a checkout. */
  readonly sha: string | undefined;
  /** ISO 8601, UTC. */
  readonly committedAt: string | undefined;
  /** `refs/heads/main`, `refs/tags/v1.2.0`; `undefined` if the event's ref does not name `sha`. */
  readonly ref: string | undefined;
  /** `push`, `pull_request`, … */
  readonly event: string | undefined;
  readonly pullRequest: number | undefined;
  /** `owner/name`. */
  readonly repository: string | undefined;
  /** URL of the repository. */
  readonly source: string | undefined;
  readonly actor: string | undefined;
  /** URL of this attempt of the run. That of the run alone shows its latest attempt. */
  readonly runUrl: string | undefined;
  /** For the log, if the checkout holds another commit than the event names. */
  readonly note: string | undefined;
}

/** The commit that is checked out. */
interface Checkout {
  readonly sha: string;
  /** ISO 8601. */
  readonly committedAt: string;
}

type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** Reads the event from the runner, and which commit is checked out. Never throws: what can't be read is `undefined`. */
export async function readCommitContext(
  environment: ProcessEnvironment = process.env,
): Promise<CommitContext> {
  const { eventPath = '', workspace = process.cwd() } = githubVariables(environment);
  const [payload, checkout] = await Promise.all([readPayload(eventPath), readCheckout(workspace)]);
  return commitContext(environment, payload, checkout);
}

/**
 * The checkout is what is built. If it is not the commit of the event (a pull request's head, checked out by
 * `pull_request_target`, `workflow_run` or by hand), the event's SHA and ref name something else: two pull requests would
 * share one tag, and one of them would get the other's image.
 */
export function commitContext(
  environment: ProcessEnvironment,
  payload: unknown,
  checkout: Checkout | undefined,
): CommitContext {
  const { actor, event, ref, repository, serverUrl, sha: eventSha } = githubVariables(environment);
  const isOther = checkout !== undefined && eventSha !== undefined && checkout.sha !== eventSha;
  const source = repository && `${serverUrl}/${repository}`;
  const committedAt = checkout?.committedAt ?? eventCommitTime(payload, eventSha);
  return {
    sha: checkout?.sha ?? eventSha,
    committedAt: committedAt && toUtc(committedAt),
    ref: isOther ? undefined : ref,
    event,
    pullRequest: pullRequestOf(payload, ref),
    repository,
    source,
    actor,
    runUrl: source && runUrlOf(source, environment),
    note: isOther
      ? `The checkout holds commit ${checkout.sha}, but the event is for ${eventSha}${ref === undefined ? '' : ` (${ref})`}: the image is named after the checkout.`
      : undefined,
  };
}

function runUrlOf(source: string, environment: ProcessEnvironment): string | undefined {
  const { runId, runAttempt } = githubVariables(environment);
  const attempt = runAttempt === undefined ? '' : `/attempts/${runAttempt}`;
  return runId && `${source}/actions/runs/${runId}${attempt}`;
}

/** The time of the event's own commit, for a workspace without `.git`. */
function eventCommitTime(payload: unknown, sha: string | undefined): string | undefined {
  const head = asObject(asObject(payload)['head_commit']);
  return sha !== undefined && head['id'] === sha ? asText(head['timestamp']) : undefined;
}

function pullRequestOf(payload: unknown, ref = ''): number | undefined {
  const number = asObject(asObject(payload)['pull_request'])['number'];
  if (typeof number === 'number') return number;
  const inRef = /^refs\/pull\/(?<number>\d+)\//.exec(ref)?.groups?.['number'];
  return inRef === undefined ? undefined : Number(inRef);
}

async function readPayload(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

async function readCheckout(folder: string): Promise<Checkout | undefined> {
  // A `.git` in a folder above belongs to another repository.
  if (!existsSync(join(folder, '.git'))) return undefined;
  try {
    const commit = await askGit(folder, ['log', '-1', '--no-show-signature', '--format=%H %cI']);
    const [sha, committedAt] = commit.trim().split(' ');
    return sha === undefined || committedAt === undefined ? undefined : { sha, committedAt };
  } catch {
    return undefined;
  }
}

function toUtc(time: string): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z');
}
