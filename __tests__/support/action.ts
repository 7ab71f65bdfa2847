/**
 * Runs the bundled actions exactly as GitHub's runner does: inputs from action.yml with its defaults, files for outputs,
 * state and summary, workflow commands read from the output, then the post step, whatever came before it.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { GitHubStandIn } from './github/stand-in.ts';
import { CHECK_RUN_ID, environmentOf, type Job } from './runner/environment.ts';
import { type Context, evaluate } from './runner/expressions.ts';
import type { LogLine } from './runner/log.ts';
import { type Leak, leaksIn } from './runner/masking.ts';
import { endOrphans } from './runner/orphans.ts';
import { type Interruption, runStep, type Step } from './runner/step.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export type Command =
  | 'deliver'
  | 'build'
  | 'deploy'
  | 'rollback'
  | 'status'
  | 'remove'
  | 'unlock'
  | 'logs'
  | 'export'
  | 'import'
  | 'gate';
export type Inputs = Readonly<Record<string, string | undefined>>;

export interface ActionOptions extends Job {
  /** What stands in for GitHub's API. By default the environment of the step has a reviewer, @hubot, who has approved the run. */
  readonly github?: GitHubStandIn | undefined;
  /** Further variables of the job: `DOCKER_HOST`, what an earlier step exported. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What must not be seen, by name. The inputs that hold secrets are among them without being named here. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly interrupt?: Interruption | undefined;
  /** Milliseconds that processes have to end by themselves at the end of the job. */
  readonly orphansEndWithin?: number | undefined;
  /** The runner's machine ends with the step: nobody runs the post step. */
  readonly withoutPost?: boolean | undefined;
  /** Done between the step and its post step, where a job's later steps run. */
  readonly beforePost?: ((step: Step) => void | Promise<void>) | undefined;
  /** Called for each line as it comes. */
  readonly onLine?: ((line: LogLine) => void) | undefined;
  /** Leaks are the result's, not an error: for the tests of this helper. */
  readonly tolerateLeaks?: boolean | undefined;
  /** The repository of the action; this one. */
  readonly root?: string | undefined;
}

/** A step and its post step. */
export interface ActionRun extends Step {
  /** Whether the step, and then its post step, ended with 0. */
  readonly succeeded: boolean;
  readonly post: Step | undefined;
  /** Everything that was registered to be hidden. */
  readonly masks: readonly string[];
  readonly leaks: readonly Leak[];
  /** Command lines of processes that outlived the job. */
  readonly orphans: readonly string[];
}

/** What of an action.yml the runner acts on. */
interface ActionFile {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown } | null>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string };
}

/** Inputs whose values are secrets wherever they are given. */
const SECRET_INPUTS = [
  'ssh-key',
  'ssh-key-passphrase',
  'registry-password',
  'tls-key',
  'token',
  'github-token',
];

/**
 * Runs an action as one step of a job, then its post step.
 *
 * @throws Error when a secret can be read in the log, the summary, an output or the state, or a process was left behind
 */
export async function runAction(
  command: Command,
  inputs: Inputs,
  options: ActionOptions,
): Promise<ActionRun> {
  const root = options.root ?? ROOT;
  const file = join(root, command === 'deliver' ? '.' : command, 'action.yml');
  const action: ActionFile = parse(await readFile(file, 'utf8'));
  // Short: sockets may be made in it, and their paths may have 100 characters.
  const folder = await mkdtemp(join(tmpdir(), 'job-'));
  const github = options.github ?? (await approvingGitHub(inputs['environment']));
  try {
    const job = await environmentOf({ apiUrl: github.url, ...options }, folder);
    const trackingId = `github_${randomUUID()}`;
    const masks: string[] = [];
    const variables = {
      ...job.variables,
      ...options.env,
      ...inputVariables(action, inputs, job.context),
      GITHUB_ACTION_PATH: dirname(file),
      RUNNER_TRACKING_ID: trackingId,
    };
    const commandOf = (path: string) => [process.execPath, join(dirname(file), path)] as const;
    const common = { cwd: options.workspace, masks, onLine: options.onLine };

    const main = await runStep({
      ...common,
      command: commandOf(action.runs.main),
      variables,
      folder: join(folder, 'main'),
      interrupt: options.interrupt,
    });
    let post: Step | undefined;
    try {
      await options.beforePost?.(main);
    } finally {
      if (action.runs.post !== undefined && options.withoutPost !== true) {
        const states = Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]);
        post = await runStep({
          ...common,
          command: commandOf(action.runs.post),
          variables: { ...variables, ...main.exported, ...Object.fromEntries(states) },
          folder: join(folder, 'post'),
        });
      }
    }
    // A machine that ends takes all of them along.
    const left = await endOrphans(trackingId, options.withoutPost === true ? 0 : options.orphansEndWithin);
    const orphans = options.withoutPost === true ? [] : left;
    const leaks = findLeaks([main, ...(post === undefined ? [] : [post])], secretsOf(inputs, options, masks));
    const run = {
      ...main,
      succeeded: main.exitCode === 0 && (post?.exitCode ?? 0) === 0,
      post,
      masks,
      leaks,
      orphans,
    };
    if (options.tolerateLeaks !== true) assertClean(run);
    return run;
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (options.github === undefined) await github.close();
  }
}

async function approvingGitHub(environment = 'production'): Promise<GitHubStandIn> {
  const github = await GitHubStandIn.start();
  github.addEnvironment(environment, { reviewers: ['@hubot'] });
  github.addReview(environment, 'hubot', { comment: 'Ship it' });
  github.checkRuns.set(CHECK_RUN_ID, environment);
  return github;
}

/** `INPUT_*` as the runner sets them: upper case, spaces as `_`, hyphens kept; defaults from action.yml. */
function inputVariables(action: ActionFile, inputs: Inputs, context: Context): Record<string, string> {
  const declared = action.inputs ?? {};
  const unknown = Object.keys(inputs).filter((name) => !(name in declared));
  // The runner only warns, and the action never sees it. A test that gives one is wrong.
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}.`);
  const variables: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    const standard = input?.default === undefined ? '' : evaluate(String(input.default), context);
    variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = inputs[name] ?? standard;
  }
  return variables;
}

function secretsOf(inputs: Inputs, options: ActionOptions, masks: readonly string[]): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const name of SECRET_INPUTS) if (inputs[name] !== undefined) secrets.set(name, inputs[name]);
  for (const [name, value] of Object.entries(options.secrets ?? {})) secrets.set(name, value);
  masks.forEach((value, index) => {
    secrets.set(`the masked value ${index + 1}`, value);
  });
  return secrets;
}

function findLeaks(steps: readonly Step[], secrets: ReadonlyMap<string, string>): Leak[] {
  return steps.flatMap((step) => [
    ...leaksIn('log', step.log, secrets),
    ...leaksIn('debug log', step.debug.join('\n'), secrets),
    ...leaksIn('summary', step.summary, secrets),
    ...[...step.errors, ...step.warnings, ...step.notices].flatMap(({ message }) =>
      leaksIn('annotation', message, secrets),
    ),
    // The runner hides nothing in these.
    ...Object.entries(step.outputs).flatMap(([name, value]) =>
      leaksIn(`output ${name}`, value ?? '', secrets),
    ),
    ...Object.entries(step.state).flatMap(([name, value]) => leaksIn(`state ${name}`, value, secrets)),
    ...Object.entries(step.exported).flatMap(([name, value]) => leaksIn(`variable ${name}`, value, secrets)),
  ]);
}

function assertClean(run: ActionRun): void {
  const leaks = run.leaks.map(({ secret, where, form }) => `${secret} can be read in the ${where} (${form})`);
  const orphans = run.orphans.map((command) => `a process was left behind: ${command}`);
  const forbidden = [...run.forbidden, ...(run.post?.forbidden ?? [])].map(
    (name) => `the command ${name} was used`,
  );
  const found = [...leaks, ...orphans, ...forbidden];
  if (found.length > 0) throw new Error(`${found.join('\n')}\n\nThe log:\n${run.log}`);
}
