import { messageAt, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import { type Action, COMMITTED, type Plan, STAGES, type StageName, type Step } from '../plan/steps.ts';
import type { Evidence, Failure, Outcome, StepResult } from './outcome.ts';

/** Does one action to one host; answers a line about what was found. */
export type Perform = (host: HostName, action: Action, signal: AbortSignal) => Promise<string | undefined>;

export interface Hooks {
  /** Asks the whole from outside once every host has switched; throws when it does not answer as expected. */
  readonly verify: (() => Promise<string | undefined>) | undefined;
  /** Told as each step begins and ends, for the log. */
  readonly began: (host: HostName, stage: StageName, action: Action) => void;
  readonly ended: (result: StepResult, error: unknown) => void;
  /** What the performer gathered about failed containers. */
  readonly evidence: () => readonly Evidence[];
  /** Aborted when the job is cancelled: the step at hand ends and everything is taken back. */
  readonly signal: AbortSignal;
}

/**
 * Carries out a plan: stage by stage, the hosts of a stage side by side. When anything fails before the release is accepted
 * everywhere, every step that was begun on any host is taken back, last first.
 */
export async function apply(plan: Plan, perform: Perform, hooks: Hooks): Promise<Outcome> {
  const run = new Run(plan, perform, hooks);
  const warnings: string[] = [];
  for (const stage of STAGES) {
    const failures = await run.stage(stage);
    if (failures.length === 0) continue;
    if (!COMMITTED.has(stage)) return run.takeBack(stage, failures);
    warnings.push(...failures.map(({ host, error }) => messageAt(host, error)));
  }
  return { kind: 'done', steps: run.steps, warnings };
}

/** One go at a plan: what was begun, and how it went. */
class Run {
  readonly steps: StepResult[] = [];
  readonly #plan: Plan;
  readonly #perform: Perform;
  readonly #hooks: Hooks;
  readonly #began = performance.now();
  /** By host, in order. */
  readonly #begun: ReadonlyMap<HostName, Step[]>;

  constructor(plan: Plan, perform: Perform, hooks: Hooks) {
    this.#plan = plan;
    this.#perform = perform;
    this.#hooks = hooks;
    this.#begun = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }

  /** Does a stage on all hosts; each goes on to the end of the stage or to its own first failure. */
  async stage(stage: StageName): Promise<readonly Failure[]> {
    const failures = await this.#onAllHosts((host, begun) => this.#stageOn(host, stage, begun));
    if (failures.length > 0 || stage !== 'verify') return failures;
    try {
      await this.#hooks.verify?.();
      return [];
    } catch (error) {
      return [{ host: undefined, stage, action: undefined, error }];
    }
  }

  async #stageOn(host: HostName, stage: StageName, begun: Step[]): Promise<readonly Failure[]> {
    for (const step of this.#plan.hosts.get(host)?.[stage] ?? []) {
      const { action } = step;
      if (this.#hooks.signal.aborted) {
        return [{ host, stage, action, error: new SealiftError('The job was cancelled.') }];
      }
      // Noted before it is done: a step that fails half-way is taken back as well.
      begun.push(step);
      const failure = await this.#do(host, stage, action, this.#hooks.signal, false);
      if (failure !== undefined) return [failure];
    }
    return [];
  }

  /** Takes everything back that was begun. What can't be is told, and the rest is taken back all the same. */
  async takeBack(stage: StageName, failures: readonly Failure[]): Promise<Outcome> {
    // Not the job's signal: a cancelled job is taken back as well.
    const unhurried = new AbortController().signal;
    const left = await this.#onAllHosts(async (host, begun) => {
      const remains: Failure[] = [];
      for (const action of begun.toReversed().flatMap((step) => step.undo)) {
        const failure = await this.#do(host, stage, action, unhurried, true);
        if (failure !== undefined) remains.push(failure);
      }
      return remains;
    });
    return { kind: 'turned-back', steps: this.steps, failures, evidence: this.#hooks.evidence(), left };
  }

  async #onAllHosts(
    what: (host: HostName, begun: Step[]) => Promise<readonly Failure[]>,
  ): Promise<readonly Failure[]> {
    return (await Promise.all([...this.#begun].map(([host, begun]) => what(host, begun)))).flat();
  }

  async #do(
    host: HostName,
    stage: StageName,
    action: Action,
    signal: AbortSignal,
    undo: boolean,
  ): Promise<Failure | undefined> {
    const start = performance.now();
    this.#hooks.began(host, stage, action);
    const end = (ok: boolean, note: string | undefined, error: unknown): void => {
      const took = performance.now() - start;
      const result = { host, stage, action, at: start - this.#began, took, ok, undo, note };
      this.steps.push(result);
      this.#hooks.ended(result, error);
    };
    try {
      end(true, await this.#perform(host, action, signal), undefined);
      return undefined;
    } catch (error) {
      end(false, undefined, error);
      return { host, stage, action, error };
    }
  }
}
