/** Runs a workflow job by job, as GitHub does: needs and conditions, environments, outputs handed on, reusable workflows. */
import { GitHubStandIn } from '../../github/stand-in.ts';
import { read } from '../../repository.ts';
import { CHECK_RUN_ID, githubContext, JOB_TOKEN } from '../environment.ts';
import { type Context, evaluate, evaluateValue, holds, type Value } from '../expressions.ts';
import { type JobDefinition, needsOf, readWorkflow, type WorkflowDefinition } from './definition.ts';
import { runSteps, type StepsOptions } from './run-steps.ts';
import { type EnvironmentSettings, environmentSettings, type Settings, type Values } from './settings.ts';
import { ancestorsOf, statusOf } from './status-functions.ts';
import { mapValues, typedInputs } from './typed-inputs.ts';
import { type JobRun, WorkflowRun } from './workflow-run.ts';

export interface WorkflowOptions extends Pick<StepsOptions, 'origin' | 'job' | 'machine' | 'inputs'> {
  readonly settings: Settings;
  /** What stands in for GitHub's API; by default one that ends with the run. */
  readonly github?: GitHubStandIn;
  /** Gives the content of a called workflow; by default that of this repository. */
  readonly read?: (path: string) => string;
}

/** What a workflow sees of its caller, or of the event that started it. */
interface Caller {
  readonly prefix: string;
  readonly inputs: Context;
  readonly secrets: Values;
  /**
   * Which secrets of an environment its jobs see. A called workflow sees those that its caller passes by name, with the values of
   * the environment (docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows).
   */
  readonly sees: (secret: string) => boolean;
}

/** One workflow while its jobs run. */
interface Scope {
  readonly workflow: WorkflowDefinition;
  readonly options: WorkflowOptions & Pick<StepsOptions, 'github'>;
  readonly caller: Caller;
  /** Of this workflow, by id. */
  readonly finished: Map<string, Pick<JobRun, 'result' | 'outputs'>>;
  /** Of all workflows of this run, in the order in which they ended. */
  readonly ended: JobRun[];
}

/** Runs a workflow to its end. */
export async function runWorkflow(text: string, options: WorkflowOptions): Promise<WorkflowRun> {
  const github =
    options.github ?? (await GitHubStandIn.start({ repository: options.job.repository ?? 'octo/shop' }));
  try {
    return new WorkflowRun(await runOn(github, readWorkflow(text), options));
  } finally {
    if (options.github === undefined) await github.close();
  }
}

async function runOn(
  github: GitHubStandIn,
  workflow: WorkflowDefinition,
  known: WorkflowOptions,
): Promise<readonly JobRun[]> {
  prepareGitHub(github, known.settings);
  const options = { ...known, github };
  const event = jobContext(options)['event'];
  const given = isContext(event) && isContext(event['inputs']) ? event['inputs'] : {};
  const inputs = typedInputs(workflow.on.workflow_dispatch?.inputs ?? {}, given);
  const caller = { prefix: '', inputs, secrets: options.settings.secrets ?? {}, sees: () => true };
  const scope: Scope = { workflow, options, caller, finished: new Map(), ended: [] };
  await runJobs(scope);
  return scope.ended;
}

/** The context `github` before a job has a workspace. */
const jobContext = ({ job, github }: Scope['options']): Context =>
  githubContext({ ...job, apiUrl: github.url, workspace: '' });

/** GitHub has the environments of the settings, with @hubot as the reviewer where one is required, who has not reviewed anything yet. */
function prepareGitHub(github: GitHubStandIn, { environments = {} }: Settings): void {
  github.reviews.splice(0);
  for (const [name, { approve }] of Object.entries(environments))
    github.addEnvironment(name, { reviewers: approve === undefined ? undefined : ['@hubot'] });
}

const isContext = (value: Value | undefined): value is Context => typeof value === 'object' && value !== null;

async function runJobs({ workflow, finished, ...scope }: Scope): Promise<void> {
  const waiting = new Map(Object.entries(workflow.jobs));
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, job]) => needsOf(job).every((id) => finished.has(id)));
    if (ready === undefined)
      throw new Error(`Nothing that these jobs wait for ends: ${[...waiting.keys()]}.`);
    const [id, job] = ready;
    waiting.delete(id);
    finished.set(id, await runJob(id, job, { workflow, finished, ...scope }));
  }
}

async function runJob(
  id: string,
  job: JobDefinition,
  scope: Scope,
): Promise<Pick<JobRun, 'result' | 'outputs'>> {
  const { options, caller, finished, workflow } = scope;
  const needs = needsOf(job).map((need): [string, Context] => {
    const { result, outputs } = finished.get(need) ?? { result: 'skipped', outputs: {} };
    return [need, { result, outputs }];
  });
  const context: Context = {
    github: jobContext(options),
    inputs: caller.inputs,
    vars: options.settings.variables ?? {},
    needs: Object.fromEntries(needs),
  };
  const name = `${caller.prefix}${id}`;
  const results = ancestorsOf(id, workflow).map((ancestor) => finished.get(ancestor)?.result);
  if (!holds(job.if, context, statusOf(results))) {
    const skipped: JobRun = { name, result: 'skipped', outputs: {}, steps: [] };
    scope.ended.push(skipped);
    return skipped;
  }
  if (job.uses !== undefined) return await callWorkflow(name, job, job.uses, scope, context);
  const run = await runOwnJob(name, job, scope, context);
  scope.ended.push(run);
  return run;
}

/** A job with steps. */
async function runOwnJob(name: string, job: JobDefinition, scope: Scope, context: Context): Promise<JobRun> {
  const { options, caller, workflow } = scope;
  const concurrency = typeof job.concurrency === 'object' ? job.concurrency.group : job.concurrency;
  const group = concurrency === undefined ? {} : { group: evaluate(concurrency, context) };
  const named = typeof job.environment === 'string' ? { name: job.environment } : job.environment;
  const environment = named === undefined ? undefined : evaluate(named.name, context);
  const settings: EnvironmentSettings =
    environment === undefined ? {} : environmentSettings(options.settings, environment);
  if (settings.approve !== undefined && environment !== undefined) {
    if (!(await settings.approve())) return { name, ...group, result: 'failure', outputs: {}, steps: [] };
    options.github.addReview(environment, 'hubot');
  }
  options.github.checkRuns.set(CHECK_RUN_ID, environment);

  const own = Object.entries(settings.secrets ?? {}).filter(([secret]) => caller.sees(secret));
  const secrets = { ...caller.secrets, ...Object.fromEntries(own) };
  const {
    result,
    steps,
    context: after,
  } = await runSteps(job.steps ?? [], {
    ...options,
    secrets,
    env: { ...workflow.env, ...job.env },
    context: {
      ...context,
      vars: { ...options.settings.variables, ...settings.variables },
      secrets: { ...secrets, GITHUB_TOKEN: JOB_TOKEN },
    },
  });
  const outputs = mapValues(job.outputs ?? {}, (value) => evaluate(value, after));
  const url = evaluate(named?.url ?? '', after);
  return {
    ...{ name, ...group, result, outputs, steps },
    ...(environment === undefined ? {} : { environment: { name: environment, url } }),
  };
}

/** A workflow of this repository, also by the address that others use. */
const CALLED = /^(?:\.|[^/]+\/sealift)\/(?<path>\.github\/workflows\/[^@]+)(?:@\S+)?$/;

async function callWorkflow(
  name: string,
  job: JobDefinition,
  uses: string,
  scope: Scope,
  context: Context,
): Promise<Pick<JobRun, 'result' | 'outputs'>> {
  const path = CALLED.exec(uses)?.groups?.['path'];
  if (path === undefined) throw new Error(`The harness has no workflow ${uses}.`);
  const workflow = readWorkflow((scope.options.read ?? read)(path));
  const { inputs = {}, outputs = {} } = workflow.on.workflow_call ?? {};
  const finished: Scope['finished'] = new Map();
  const caller = {
    prefix: `${name} / `,
    inputs: typedInputs(
      inputs,
      mapValues(job.with ?? {}, (value) =>
        typeof value === 'string' ? evaluateValue(value, context) : value,
      ),
    ),
    ...passedSecrets(job.secrets, scope.caller, context),
  };
  await runJobs({ ...scope, workflow, finished, caller });
  const results = [...finished.values()].map(({ result }) => result);
  const jobs = Object.fromEntries(
    [...finished].map(([id, { result, outputs: of }]) => [id, { result, outputs: of }]),
  );
  return {
    result:
      results.find((result) => result === 'failure') ??
      results.find((result) => result === 'success') ??
      'skipped',
    outputs: mapValues(outputs, ({ value }) => evaluate(value, { ...context, jobs })),
  };
}

function passedSecrets(
  passed: JobDefinition['secrets'] = {},
  caller: Caller,
  context: Context,
): Pick<Caller, 'secrets' | 'sees'> {
  if (passed === 'inherit') return { secrets: caller.secrets, sees: caller.sees };
  const seen = { ...context, secrets: caller.secrets };
  const secrets = mapValues(passed, (value) => evaluate(value, seen));
  return { secrets, sees: (secret) => secret in passed && caller.sees(secret) };
}
