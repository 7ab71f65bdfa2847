import type { HostName, ReleaseId } from '../model/identifiers.ts';
import type { Action, ActionKind } from './actions.ts';

export interface Step {
  readonly action: Action;
  /** Shown in the plan where the reason is not obvious. */
  readonly reason?: string;
  /** What undoes this step, in order. It runs when this or a later step fails. */
  readonly undo: readonly Action[];
}

/** A step and the actions that undo it. */
export const step = (action: Action, ...undo: readonly Action[]): Step => ({ action, undo });

/** Adds a reason to the steps of one kind. */
export const withReason = (reason: string, kind: ActionKind, steps: readonly Step[]): readonly Step[] =>
  steps.map((each) => (each.action.kind === kind ? { ...each, reason } : each));

/** The stages of a plan, in order. Hosts run a stage in parallel and wait for each other before the next one. */
export const STAGES = [
  'recover',
  'pull',
  'prepare',
  'before-release',
  'start',
  'check',
  'switch',
  'verify',
  'bake',
  'complete',
  'final-check',
  'accept',
  'retire',
  'after-release',
] as const;
export type StageName = (typeof STAGES)[number];

/** The steps of one host by stage. A stage without steps is left out. */
export type HostPlan = Partial<Record<StageName, readonly Step[]>>;

export interface Plan {
  readonly release: ReleaseId;
  readonly hosts: ReadonlyMap<HostName, HostPlan>;
  /** Hosts go wave by wave from `prepare` to `bake`. All hosts run the other stages together. */
  readonly waves: readonly (readonly HostName[])[];
}

/** The stages that a wave runs before the next wave starts. */
export const WAVE_STAGES: readonly StageName[] = STAGES.slice(
  STAGES.indexOf('prepare'),
  STAGES.indexOf('bake') + 1,
);

/** After `accept` nothing is rolled back: a failure in these stages is a warning. */
export const COMMITTED_STAGES: ReadonlySet<StageName> = new Set(['retire', 'after-release']);

/** Which hosts run which stage, in order, until all have accepted. A wave without steps is left out. Pure. */
export function stageSequence({
  hosts,
  waves,
}: Plan): readonly (readonly [StageName, readonly HostName[]])[] {
  const all = [...hosts.keys()];
  const hasSteps = (host: HostName): boolean =>
    WAVE_STAGES.some((stage) => hosts.get(host)?.[stage] !== undefined);
  const waveStages = waves
    .filter((wave) => wave.some(hasSteps))
    .flatMap((wave) => WAVE_STAGES.map((stage) => [stage, wave] as const));
  // Recovery runs on all hosts first, however far the waves get.
  return [
    ['recover', all],
    ['pull', all],
    ...waveStages,
    ['complete', all],
    ['final-check', all],
    ['accept', all],
  ];
}
