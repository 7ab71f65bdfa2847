import { parse } from 'yaml';

/** A workflow, as far as the harness runs it. GitHub's own parser checks the rest; see workflow-parser.ts. */
export interface WorkflowDefinition {
  readonly on: Triggers;
  readonly env?: Texts;
  readonly jobs: Readonly<Record<string, JobDefinition>>;
}

/** Values of a mapping: texts with expressions, numbers, flags. */
export type Texts = Readonly<Record<string, string | number | boolean>>;

interface Triggers {
  readonly workflow_call?: {
    readonly inputs?: Readonly<Record<string, InputDefinition>>;
    readonly secrets?: Readonly<Record<string, { readonly required?: boolean }>>;
    readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
  };
  readonly workflow_dispatch?: { readonly inputs?: Readonly<Record<string, InputDefinition>> };
}

export interface InputDefinition {
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
}

export interface JobDefinition {
  readonly if?: string | boolean;
  readonly needs?: string | readonly string[];
  readonly env?: Texts;
  readonly environment?:
    | string
    | { readonly name: string; readonly url?: string; readonly deployment?: boolean };
  readonly concurrency?: string | { readonly group: string };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly StepDefinition[];
  /** A reusable workflow, with its inputs and secrets. */
  readonly uses?: string;
  readonly with?: Texts;
  readonly secrets?: 'inherit' | Readonly<Record<string, string>>;
}

export interface StepDefinition {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string | boolean;
  readonly uses?: string;
  readonly with?: Texts;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Texts;
}

const KEYS = {
  workflow: ['name', 'run-name', 'on', 'permissions', 'env', 'jobs'],
  job: ['name', 'if', 'needs', 'permissions', 'env', 'environment', 'concurrency', 'outputs', 'steps'].concat(
    ['runs-on', 'timeout-minutes', 'uses', 'with', 'secrets'],
  ),
  step: ['id', 'name', 'if', 'uses', 'with', 'run', 'shell', 'env'],
} as const;

/**
 * Reads a workflow.
 *
 * @throws Error for a key that the harness does not act on, so that no test passes because a part of it was left out
 */
export function readWorkflow(text: string): WorkflowDefinition {
  const workflow: WorkflowDefinition = parse(text);
  refuseUnknown('workflow', workflow);
  for (const job of Object.values(workflow.jobs)) {
    refuseUnknown('job', job);
    for (const step of job.steps ?? []) refuseUnknown('step', step);
  }
  return workflow;
}

function refuseUnknown(kind: keyof typeof KEYS, node: object): void {
  const unknown = Object.keys(node).filter((key) => !KEYS[kind].some((known) => known === key));
  if (unknown.length > 0) throw new Error(`The harness does not act on ${unknown.join(', ')} of a ${kind}.`);
}

/** The jobs that a job names in `needs`. */
export const needsOf = ({ needs = [] }: JobDefinition): readonly string[] => [needs].flat();
