import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, type Inputs, runAction } from '../../action.ts';
import type { GitHubStandIn } from '../../github/stand-in.ts';
import { CHECK_RUN_ID, environmentOf, type Job } from '../environment.ts';
import { type Context, evaluate, type Functions, holds } from '../expressions.ts';
import { runStep, type Step } from '../step.ts';
import { checkout } from './checkout.ts';
import type { StepDefinition, Texts } from './definition.ts';
import type { Values } from './settings.ts';

export type JobResult = 'success' | 'failure' | 'skipped';

/** A step that came to an end or was skipped. */
export interface StepRun {
  /** Its name, or what it uses or runs. */
  readonly name: string;
  readonly conclusion: JobResult;
  readonly log: string;
  readonly summary: string;
  readonly outputs: Values;
}

export interface StepsOptions {
  /** The repository as git reads it, a path. */
  readonly origin: string;
  readonly job: Omit<Job, 'workspace'>;
  /** The contexts of the job, to which `env`, `steps`, `job` and `runner` are added. */
  readonly context: Context;
  readonly secrets: Values;
  /** `env` of the workflow and of the job, with their expressions. */
  readonly env: Texts;
  /** Variables that the machine has by itself. */
  readonly machine: Values;
  /** What stands in for GitHub's API. */
  readonly github: GitHubStandIn;
  /** What the machine adds to the given inputs of a step of Sealift: where its registry is, for example. */
  readonly inputs: (command: Command, given: Inputs) => Inputs;
}

/** What the steps of a job came to. */
export interface JobSteps {
  readonly result: JobResult;
  readonly steps: readonly StepRun[];
  /** The contexts at the end, for the outputs and the URL of the job. */
  readonly context: Context;
}

/** Runs the steps of a job one after the other, in an empty workspace, and then their post steps in reverse order. */
export async function runSteps(
  definitions: readonly StepDefinition[],
  options: StepsOptions,
): Promise<JobSteps> {
  const folder = await mkdtemp(join(tmpdir(), 'job-'));
  try {
    const workspace = join(folder, 'workspace');
    await mkdir(workspace);
    const steps = new Steps(options, folder, workspace);
    await steps.run(definitions);
    return { result: steps.result, steps: steps.ended, context: steps.context() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A step of the main action, or of the part that its address names. */
const SEALIFT = /^[^/]+\/sealift(?:\/(?<part>[a-z]+))?@/;

class Steps {
  readonly ended: StepRun[] = [];
  result: JobResult = 'success';
  readonly #options: StepsOptions;
  readonly #folder: string;
  readonly #job: Job;
  readonly #byId: Record<string, Context> = {};
  readonly #exported: Record<string, string> = {};
  readonly #masks: string[];

  constructor(options: StepsOptions, folder: string, workspace: string) {
    this.#options = options;
    this.#folder = folder;
    this.#job = { ...options.job, apiUrl: options.github.url, workspace };
    this.#masks = Object.values(options.secrets);
  }

  context(): Context {
    const { context, env } = this.#options;
    const job = { status: this.result, check_run_id: String(CHECK_RUN_ID) };
    const known = { ...context, job, runner: { os: 'Linux' }, steps: this.#byId };
    return { ...known, env: { ...filledIn(env, { ...known, env: {} }), ...this.#exported } };
  }

  async run([step, ...others]: readonly StepDefinition[]): Promise<void> {
    if (step === undefined) return;
    const context = this.context();
    const name = step.name ?? step.uses ?? step.run?.split('\n')[0] ?? '';
    const end = (
      conclusion: JobResult,
      left?: Pick<Step, 'log' | 'summary' | 'outputs' | 'exported'>,
    ): void => {
      const { log = '', summary = '', exported = {} } = left ?? {};
      const outputs = Object.fromEntries(
        Object.entries(left?.outputs ?? {}).map(([output, value]) => [output, value ?? '']),
      );
      this.ended.push({ name, conclusion, log, summary, outputs });
      if (step.id !== undefined) this.#byId[step.id] = { outputs, outcome: conclusion, conclusion };
      Object.assign(this.#exported, exported);
      if (conclusion === 'failure') this.result = 'failure';
    };
    const endLike = (ran: Step): void => end(ran.exitCode === 0 ? 'success' : 'failure', ran);

    if (!holds(step.if, context, this.#status())) end('skipped');
    else {
      const env = filledIn(step.env ?? {}, context);
      const variables = { ...textsOf(context['env']), ...env };
      const given = filledIn(step.with ?? {}, { ...context, env: variables });
      const sealift = SEALIFT.exec(step.uses ?? '');
      if (sealift !== null) {
        // Its post step comes after all later steps.
        return await this.#sealift(sealift.groups?.['part'], given, variables, async (main) => {
          endLike(main);
          await this.run(others);
        });
      }
      if (step.run !== undefined) endLike(await this.#script(step.run, step.shell, variables));
      else if (/^actions\/checkout@/.test(step.uses ?? '')) {
        await checkout(this.#options.origin, this.#job.sha, this.#job.workspace, given);
        end('success');
      } else throw new Error(`The harness has no action ${step.uses}.`);
    }
    await this.run(others);
  }

  /** As the functions of a step's condition say it. */
  #status(): Functions {
    return {
      success: () => this.result === 'success',
      failure: () => this.result === 'failure',
      cancelled: () => false,
      always: () => true,
    };
  }

  async #sealift(
    part: string | undefined,
    given: Values,
    env: Values,
    beforePost: (main: Step) => Promise<void>,
  ): Promise<void> {
    const { machine, inputs, secrets } = this.#options;
    const command = commandOf(part);
    const run = await runAction(
      command,
      { ...given, ...inputs(command, given) },
      {
        ...this.#job,
        env: { ...machine, ...env },
        secrets,
        github: this.#options.github,
        beforePost,
      },
    );
    if (!run.succeeded) this.result = 'failure';
  }

  async #script(script: string, shell: string | undefined, env: Values): Promise<Step> {
    const folder = await mkdtemp(join(this.#folder, 'script-'));
    const file = join(folder, 'script.sh');
    await writeFile(file, script);
    const { variables } = await environmentOf(this.#job, folder);
    const options = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
    return await runStep({
      command: ['bash', ...options, file],
      cwd: this.#job.workspace,
      variables: { ...variables, ...this.#options.machine, ...env },
      folder,
      masks: this.#masks,
    });
  }
}

function commandOf(part: string | undefined): Command {
  switch (part) {
    case 'build':
    case 'deploy':
    case 'rollback':
    case 'status':
    case 'remove':
    case 'unlock':
    case 'export':
    case 'import':
    case 'logs':
    case 'gate':
      return part;
    case undefined:
      return 'deliver';
    default:
      throw new Error(`There is no action ${part}.`);
  }
}

/** Values with their expressions filled in, as variables and inputs are: texts. */
function filledIn(values: Texts, context: Context): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, evaluate(String(value), context)]),
  );
}

function textsOf(value: unknown): Values {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, each]) => [name, String(each)]));
}
