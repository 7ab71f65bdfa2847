/** What GitHub's parser does not say of a workflow: what goes wrong only when it runs. */
import { parse } from 'yaml';
import { inputsOf, outputsOf, requiredInputsOf, sealiftPart } from './documents.ts';
import type { JobDefinition, StepDefinition, WorkflowDefinition } from './runner/workflow/definition.ts';
import { needsOf } from './runner/workflow/definition.ts';

type Permissions = Readonly<Record<string, string>>;
type Job = JobDefinition & { readonly permissions?: Permissions };
type Workflow = WorkflowDefinition & {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
};

/**
 * The mistakes in a workflow: names that lead nowhere, and permissions that a called workflow needs and its caller lacks.
 *
 * @param read gives the content of a called workflow of this repository
 */
export function mistakesIn(text: string, read: (path: string) => string): string[] {
  const workflow: Workflow = parse(text);
  return Object.entries(workflow.jobs).flatMap(([id, job]) =>
    [
      ...wrongNeeds(job, workflow),
      ...wrongSteps(job.steps ?? []),
      ...(job.steps ?? []).flatMap(wrongInputs),
      ...undeclared(job, workflow),
      ...(job.uses === undefined ? [] : wrongCall(job, job.uses, workflow, read)),
    ].map((mistake) => `${id}: ${mistake}`),
  );
}

/** `needs.x.outputs.y` of a job that is not waited for, or that has no such output. */
function wrongNeeds(job: Job, { jobs }: Workflow): string[] {
  return namesIn(job, /\bneeds\.(?<a>[\w-]+)(?:\.outputs\.(?<b>[\w-]+))?/g).flatMap(([need, output]) => {
    if (!needsOf(job).includes(need)) return [`needs.${need} is not in needs`];
    const needed = jobs[need];
    // The outputs of a called workflow are checked where it is called.
    if (output === undefined || needed?.uses !== undefined || output in (needed?.outputs ?? {})) return [];
    return [`${need} has no output ${output}`];
  });
}

/** `steps.x.outputs.y` of a step that is not there, comes later, or is one of Sealift that has no such output. */
function wrongSteps(steps: readonly StepDefinition[]): string[] {
  return steps.flatMap((step, index) =>
    namesIn(step, STEP_OUTPUT).flatMap(([id, output]) => wrongOutput(steps.slice(0, index), id, output)),
  );
}

const STEP_OUTPUT = /\bsteps\.(?<a>[\w-]+)(?:\.outputs\.(?<b>[\w-]+))?/g;

function wrongOutput(steps: readonly StepDefinition[], id: string, output: string | undefined): string[] {
  const step = steps.find((each) => each.id === id);
  if (step === undefined) return [`no step before has the id ${id}`];
  const part = sealiftPart(step.uses ?? '');
  if (part === undefined || output === undefined || outputsOf(part).includes(output)) return [];
  return [`${step.uses} has no output ${output}`];
}

function wrongInputs({ uses = '', with: given = {} }: StepDefinition): string[] {
  const part = sealiftPart(uses);
  if (part === undefined) return [];
  const unknown = Object.keys(given).filter((name) => !inputsOf(part).includes(name));
  const missing = requiredInputsOf(part).filter((name) => !(name in given));
  return [
    ...unknown.map((name) => `${uses} has no input ${name}`),
    ...missing.map((name) => `${uses} lacks the input ${name}`),
  ];
}

/** Inputs, secrets and outputs of the job that nothing declares. */
function undeclared(job: Job, { on }: Workflow): string[] {
  const inputs = { ...on.workflow_call?.inputs, ...on.workflow_dispatch?.inputs };
  const unknownInputs = namesIn(job, /\binputs\.(?<a>[\w-]+)/g).filter(([name]) => !(name in inputs));
  const secrets = on.workflow_call?.secrets;
  const unknownSecrets = namesIn(job, /\bsecrets\.(?<a>\w+)/g).filter(
    ([name]) => on.workflow_call !== undefined && name !== 'GITHUB_TOKEN' && !(name in (secrets ?? {})),
  );
  const { steps, ...ofJob } = job;
  return [
    ...unknownInputs.map(([name]) => `there is no input ${name}`),
    ...unknownSecrets.map(([name]) => `the secret ${name} is not declared, so no caller can pass it`),
    ...namesIn(ofJob, STEP_OUTPUT).flatMap(([id, output]) => wrongOutput(steps ?? [], id, output)),
  ];
}

function wrongCall(job: Job, uses: string, caller: Workflow, read: (path: string) => string): string[] {
  const path = /\.github\/workflows\/[^@]+/.exec(uses)?.[0];
  if (path === undefined) return [`${uses} is no workflow`];
  const called: Workflow = parse(read(path));
  const granted = job.permissions ?? caller.permissions ?? {};
  const lacking = Object.values(called.jobs).flatMap((each) =>
    Object.entries(each.permissions ?? called.permissions ?? {})
      .filter(([scope, level]) => rank(granted[scope]) < rank(level))
      .map(([scope, level]) => `${path} needs the permission ${scope}: ${level}`),
  );
  const inherits = job.secrets === 'inherit' && !uses.startsWith('./');
  return [
    ...new Set(lacking),
    ...(inherits ? ['secrets: inherit passes nothing to a workflow of another organization'] : []),
  ];
}

const rank = (level = 'none'): number => ['none', 'read', 'write'].indexOf(level);

/** The names that a pattern finds in the expressions of a node: its groups a and b. */
function namesIn(node: unknown, pattern: RegExp): [a: string, b: string | undefined][] {
  return expressionsIn(node).flatMap((expression) =>
    [...expression.matchAll(pattern)].map(({ groups }): [string, string | undefined] => [
      groups?.['a'] ?? '',
      groups?.['b'],
    ]),
  );
}

function expressionsIn(node: unknown, key = ''): string[] {
  if (typeof node === 'string') {
    return key === 'if' ? [node] : [...node.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, inner = '']) => inner);
  }
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => expressionsIn(value, name));
}
