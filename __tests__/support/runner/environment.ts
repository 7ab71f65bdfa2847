import { mkdir, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Event, eventFor } from './event.ts';
import type { Context } from './expressions.ts';

/** What a job is to the runner: the commit, the event, the folders. */
export interface Job {
  /** The checkout. */
  readonly workspace: string;
  /** Full SHA of the commit that was checked out. */
  readonly sha: string;
  readonly ref?: string | undefined;
  readonly repository?: string | undefined;
  readonly actor?: string | undefined;
  readonly runId?: string | undefined;
  readonly runAttempt?: string | undefined;
  readonly token?: string | undefined;
  /** What started the workflow; by default what leads to `ref`. */
  readonly event?: Event | undefined;
  /** Who started this attempt of the run; the actor by default. */
  readonly triggeringActor?: string | undefined;
  /** Of the stand-in for GitHub. */
  readonly apiUrl?: string | undefined;
}

/** The check run of every job. */
export const CHECK_RUN_ID = 40_512_345_678;

export interface JobEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** The contexts of expressions. */
  readonly context: Context;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'X64',
  arm64: 'ARM64',
  arm: 'ARM',
  ia32: 'X86',
};

/**
 * The environment of every step of a job on a hosted Linux runner. Nothing of the caller's own environment is in it, but where
 * programs lie: a test that passes only with the developer's variables would fail at the users'.
 *
 * @param folder where the runner keeps its own files of this job; exists
 */
export async function environmentOf(job: Job, folder: string): Promise<JobEnvironment> {
  const { repository, actor, ref, runId, runAttempt, sha, workspace, event, apiUrl } = completed(job);
  const eventPath = join(folder, 'event.json');
  await writeFile(eventPath, JSON.stringify(event.payload, undefined, 2));
  const folders = { temp: join(folder, '_temp'), tools: join(folder, '_tool'), home: join(folder, 'home') };
  for (const path of Object.values(folders)) await mkdir(path, { recursive: true });

  const owner = repository.split('/')[0] ?? '';
  const variables = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__octo_sealift',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_ACTION_REPOSITORY: 'octo/sealift',
    GITHUB_ACTOR: actor,
    GITHUB_ACTOR_ID: '21031067',
    GITHUB_API_URL: apiUrl,
    GITHUB_BASE_REF: event.baseRef,
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_GRAPHQL_URL: `${apiUrl}/graphql`,
    GITHUB_HEAD_REF: event.headRef,
    GITHUB_JOB: 'deliver',
    GITHUB_REF: ref,
    GITHUB_REF_NAME: refNameOf(ref),
    GITHUB_REF_PROTECTED: 'true',
    GITHUB_REF_TYPE: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_ID: '186853002',
    GITHUB_REPOSITORY_OWNER: owner,
    GITHUB_REPOSITORY_OWNER_ID: '21031067',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: runAttempt,
    GITHUB_RUN_ID: runId,
    GITHUB_RUN_NUMBER: '42',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: sha,
    GITHUB_TRIGGERING_ACTOR: job.triggeringActor ?? actor,
    GITHUB_WORKFLOW: 'Deliver',
    GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/deliver.yml@${ref}`,
    GITHUB_WORKFLOW_SHA: sha,
    GITHUB_WORKSPACE: workspace,
    HOME: folders.home,
    LANG: 'C.UTF-8',
    PATH: pathOfPrograms(),
    RUNNER_ARCH: ARCHITECTURES[arch()] ?? 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.tools,
    TMPDIR: tmpdir(),
    USER: 'runner',
  };
  const context = {
    github: githubContext(job),
    job: { status: 'success', check_run_id: String(CHECK_RUN_ID) },
    runner: { os: 'Linux', arch: variables.RUNNER_ARCH, temp: folders.temp },
  };
  return { variables, context };
}

/** The context `github`. */
export function githubContext(job: Job): Context {
  const { repository, actor, ref, runId, runAttempt, sha, workspace, token, event, apiUrl } = completed(job);
  return {
    actor,
    api_url: apiUrl,
    base_ref: event.baseRef,
    event: event.payload,
    event_name: event.name,
    head_ref: event.headRef,
    job: 'deliver',
    ref,
    ref_name: refNameOf(ref),
    repository,
    repository_owner: repository.split('/')[0] ?? '',
    run_attempt: runAttempt,
    run_id: runId,
    server_url: 'https://github.com',
    sha,
    token,
    workspace,
  };
}

const refNameOf = (ref: string): string => ref.replace(/^refs\/(heads|tags|pull)\//, '');

/** The token of a job that is not given another one. */
export const JOB_TOKEN = 'ghs_the-token-of-this-job-0123456789';

/** The job with what is usual where nothing is given. */
function completed(job: Job) {
  const { repository = 'octo/shop', actor = 'mona', ref = 'refs/heads/main', token = JOB_TOKEN } = job;
  const { runId = '4711', runAttempt = '1', apiUrl = 'https://api.github.com', sha, workspace } = job;
  const event = job.event ?? eventFor({ sha, repository, actor, ref });
  return { repository, actor, ref, token, runId, runAttempt, sha, workspace, event, apiUrl };
}

/** The caller's, without the folders that npm puts in front: a runner has none of them. */
export function pathOfPrograms(): string {
  const own = (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => folder !== '' && !folder.includes('node_modules'));
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [...new Set([...own, ...system])].join(':');
}
