/** What every workflow of this repository holds to, beyond what GitHub demands: how little a mistake or an attacker can do. */
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly 'runs-on'?: unknown;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix?: { readonly runner?: readonly unknown[] } };
  readonly permissions?: unknown;
  readonly steps?: readonly Step[];
  readonly uses?: string;
}

interface Workflow {
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/**
 * Sealift itself is named by its major version: the reusable workflows run in the repositories of others, where `./` would be
 * their own checkout, and an expression is not allowed there. A release moves this tag to a commit whose workflows and actions
 * belong together.
 */
const PINNED = /^\.\/|@[0-9a-f]{40} # v\d+\.\d+\.\d+$|^sealift\/sealift(?:\/\S+)?@v1$/;

/** Labels of GitHub's runners (docs.github.com, "GitHub-hosted runners reference"). A job with another one waits forever. */
const RUNNERS = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-24.04-arm', 'ubuntu-22.04', 'macos-latest'];

/** Minutes; GitHub's own limit is six hours. */
const LONGEST_JOB = 60;

/** The rules that a workflow breaks, also one that people copy. */
export function brokenRules(text: string): string[] {
  const { on, permissions, jobs }: Workflow = parse(text);
  return [
    ...looseActions(text),
    ...(hasTrigger(on, 'pull_request_target')
      ? ['pull_request_target gives code of a fork our secrets']
      : []),
    ...(hasTrigger(on, 'workflow_run') ? ['workflow_run gives code of a fork our secrets'] : []),
    ...brokenPermissions(permissions),
    ...Object.entries(jobs).flatMap(([id, job]) => brokenByJob(job).map((broken) => `${id}: ${broken}`)),
  ];
}

/** The rules that a workflow breaks which runs in this repository, and not when others call it. */
export function brokenLimits(text: string): string[] {
  const { on, jobs }: Workflow = parse(text);
  if (hasTrigger(on, 'workflow_call')) return [];
  return Object.entries(jobs)
    .filter(([, { uses, 'timeout-minutes': minutes = Number.POSITIVE_INFINITY }]) => {
      return uses === undefined && minutes > LONGEST_JOB;
    })
    .map(([id]) => `${id}: timeout-minutes is not set, or over ${LONGEST_JOB}`);
}

/** The actions of a workflow, or of the workflows in a document, that are not pinned to a commit with its version. */
export function looseActions(text: string): string[] {
  const uses = [...text.matchAll(/^[ -]*uses: *(.+?) *$/gm)].map(([, action = '']) => action);
  return uses.filter((action) => !PINNED.test(action)).map((action) => `not pinned to a commit: ${action}`);
}

/** What a job may do is written at the job: a permission for all jobs is one that most of them do not need. */
function brokenPermissions(permissions: unknown): string[] {
  if (typeof permissions !== 'object' || permissions === null) {
    return ['permissions: not declared for the workflow, as a list'];
  }
  return Object.entries(permissions)
    .filter(([, level]) => level === 'write')
    .map(([scope]) => `permissions: ${scope}: write is for all jobs`);
}

function brokenByJob(job: Job): string[] {
  const { 'runs-on': runner, strategy, permissions, steps = [], uses } = job;
  const runners = runner === '${{ matrix.runner }}' ? (strategy?.matrix?.runner ?? [runner]) : [runner];
  return [
    ...(typeof permissions === 'string' ? [`permissions: ${permissions}`] : []),
    ...(uses === undefined
      ? runners.filter((each) => !isRunner(each)).map((each) => `there is no runner ${String(each)}`)
      : []),
    ...steps.flatMap(brokenByStep),
  ];
}

const isRunner = (label: unknown): boolean =>
  RUNNERS.some((each) => each === label) || label === '${{ inputs.runs-on }}';

function brokenByStep({ uses = '', run = '', with: given = {} }: Step): string[] {
  const isCheckout = uses.startsWith('actions/checkout@');
  return [
    // The runner inserts the value before the shell reads the script: a branch named `$(…)` would run.
    ...(run.includes('${{') ? [`an expression in a script: ${run.split('\n', 1)[0]}`] : []),
    ...(isCheckout && given['persist-credentials'] !== false ? ['the token stays in the checkout'] : []),
  ];
}

function hasTrigger(on: unknown, name: string): boolean {
  if (typeof on === 'string') return on === name;
  if (Array.isArray(on)) return on.includes(name);
  return typeof on === 'object' && on !== null && name in on;
}
