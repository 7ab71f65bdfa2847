import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The commit that is built and what made the workflow run. Plain data. */
export interface CommitContext {
  /** Full SHA; `undefined` outside a workflow and a checkout. */
  readonly sha: string | undefined;
  /** ISO 8601, UTC. */
  readonly committedAt: string | undefined;
  /** `refs/heads/main`, `refs/tags/v1.2.0`; `undefined` where the event's ref does not name `sha`. */
  readonly ref: string | undefined;
  /** `push`, `pull_request`, … */
  readonly event: string | undefined;
  readonly pullRequest: number | undefined;
  /** `owner/name`. */
  readonly repository: string | undefined;
  /** URL of the repository. */
  readonly source: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** For the log, where the checkout holds another commit than the event names. */
  readonly note: string | undefined;
}

/** The commit that the checkout holds. */
export interface Checkout {
  readonly sha: string;
  /** ISO 8601. */
  readonly committedAt: string;
}

type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** Reads what the runner says of the event, and which commit is checked out. Never throws: what can't be read is `undefined`. */
export async function readCommitContext(
  environment: ProcessEnvironment = process.env,
): Promise<CommitContext> {
  const [payload, checkout] = await Promise.all([
    readPayload(environment['GITHUB_EVENT_PATH']),
    readCheckout(environment['GITHUB_WORKSPACE'] || process.cwd()),
  ]);
  return commitContext(environment, payload, checkout);
}

/**
 * What is built is what is checked out. Where that is not the commit of the event (a pull request's head checked out by
 * `pull_request_target`, `workflow_run` or by hand), the event's SHA and ref name something else: two pull requests would
 * share one tag, and one of them would be given the other's image.
 */
export function commitContext(
  environment: ProcessEnvironment,
  payload: unknown,
  checkout: Checkout | undefined,
): CommitContext {
  const told = environment['GITHUB_SHA'] || undefined;
  const other = checkout !== undefined && told !== undefined && checkout.sha !== told;
  const ref = environment['GITHUB_REF'] || undefined;
  const server = environment['GITHUB_SERVER_URL'] || 'https://github.com';
  const repository = environment['GITHUB_REPOSITORY'] || undefined;
  const source = repository === undefined ? undefined : `${server}/${repository}`;
  const run = environment['GITHUB_RUN_ID'] || undefined;
  const at = checkout?.committedAt ?? eventCommitTime(payload, told);
  return {
    sha: checkout?.sha ?? told,
    committedAt: at === undefined ? undefined : toUtc(at),
    ref: other ? undefined : ref,
    event: environment['GITHUB_EVENT_NAME'] || undefined,
    pullRequest: pullRequestOf(payload, ref),
    repository,
    source,
    actor: environment['GITHUB_TRIGGERING_ACTOR'] || environment['GITHUB_ACTOR'] || undefined,
    runUrl: source === undefined || run === undefined ? undefined : `${source}/actions/runs/${run}`,
    note: other
      ? `The checkout holds commit ${checkout.sha}, while the event is of ${told}${ref === undefined ? '' : ` (${ref})`}: the image is named after the checkout.`
      : undefined,
  };
}

/** The time of the event's own commit, for a workspace without `.git`. */
function eventCommitTime(payload: unknown, sha: string | undefined): string | undefined {
  const head = jsonField(payload, 'head_commit');
  const time = jsonField(head, 'timestamp');
  return sha !== undefined && jsonField(head, 'id') === sha && typeof time === 'string' ? time : undefined;
}

function pullRequestOf(payload: unknown, ref: string | undefined): number | undefined {
  const told = jsonField(jsonField(payload, 'pull_request'), 'number');
  if (typeof told === 'number') return told;
  const number = /^refs\/pull\/(?<number>\d+)\//.exec(ref ?? '')?.groups?.['number'];
  return number === undefined ? undefined : Number(number);
}

async function readPayload(path: string | undefined): Promise<unknown> {
  if (path === undefined || path === '') return undefined;
  try {
    const payload: unknown = JSON.parse(await readFile(path, 'utf8'));
    return payload;
  } catch {
    return undefined;
  }
}

async function readCheckout(folder: string): Promise<Checkout | undefined> {
  // Not a folder above it: that repository would be another one.
  if (!existsSync(join(folder, '.git'))) return undefined;
  try {
    // In a job's container the checkout belongs to another user, which git refuses unless told (CVE-2022-24765).
    const { stdout } = await promisify(execFile)('git', [
      ...['-c', `safe.directory=${folder}`, '-C', folder],
      ...['log', '-1', '--no-show-signature', '--format=%H %cI'],
    ]);
    const [sha, committedAt] = stdout.trim().split(' ');
    return sha === undefined || committedAt === undefined ? undefined : { sha, committedAt };
  } catch {
    return undefined;
  }
}

function toUtc(time: string): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z');
}

function jsonField(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
