import { showCommand } from '../model/command.ts';
import { messageAt, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import type { Evidence, Failure, Outcome, StepResult, Watched } from '../plan/outcome.ts';
import { type Action, COMMITTED, MOVING, type Plan, type StageName, type Step } from '../plan/steps.ts';

/** Does one action to one host; answers a line about what was found. */
export type Perform = (host: HostName, action: Action, signal: AbortSignal) => Promise<string | undefined>;

export interface Hooks {
  /** Asks the whole from outside once every host of a wave has switched; throws when it does not answer as expected. */
  readonly verify: (() => Promise<string | undefined>) | undefined;
  /** Told of the hosts that have steps in a stage as they enter it together, or have some to take back. */
  readonly entered?: (stage: StageName | 'take-back', hosts: readonly HostName[]) => void;
  /** Told as each step begins and ends, for the log. */
  readonly began: (host: HostName, stage: StageName, action: Action) => void;
  readonly ended: (result: StepResult, error: unknown) => void;
  /** What the performer gathered about failed containers. */
  readonly evidence: () => readonly Evidence[];
  /** What an action that watches has counted. */
  readonly watched?: (action: Action) => Watched | undefined;
  /** Aborted when the job is cancelled: the steps at hand end and everything is taken back. */
  readonly signal: AbortSignal;
}

/**
 * Carries out a plan: images come to all hosts at once, then wave after wave moves, then all are accepted; the hosts of a
 * stage go side by side. When anything fails before the release is accepted everywhere, nothing further begins on any
 * host, what waits there is ended, and every step that was begun anywhere is taken back, last first.
 */
export async function apply(plan: Plan, perform: Perform, hooks: Hooks): Promise<Outcome> {
  const run = new Run(plan, perform, hooks);
  for (const [stage, hosts] of passages(plan)) {
    const failures = await run.stage(stage, hosts);
    if (failures.length > 0) return run.takeBack(stage, failures);
  }
  const warnings: string[] = [];
  for (const stage of COMMITTED) {
    const failures = await run.stage(stage, [...plan.hosts.keys()]);
    warnings.push(
      ...failures.map(({ host, error, cancelled }) =>
        cancelled ? cutShort(plan, run.steps) : messageAt(host, error),
      ),
    );
  }
  return { kind: 'done', steps: run.steps, warnings: [...new Set(warnings)] };
}

/** What a job that is cancelled after the acceptance leaves undone. Commands are named: no later deploy runs them. */
function cutShort({ hosts }: Plan, steps: readonly StepResult[]): string {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const begun = new Set(steps.map(({ action }) => action));
  const lost = [...hosts].flatMap(([host, stages]) =>
    (stages.after ?? []).flatMap(({ action }) =>
      action.kind === 'run' && !ended.has(action)
        ? [
            ` after-release ${begun.has(action) ? 'was cut short' : 'was not run'} and no later deploy of this release runs it: ` +
              `${showCommand(action.argv)} (in ${action.service} on ${host}).`,
          ]
        : [],
    ),
  );
  return [
    'The job was cancelled when the release was accepted already: it stays live.',
    ' What was still to be stopped or removed is left to the next deploy.',
    ...lost,
  ].join('');
}

/** Which hosts pass which stage, in order, until all are accepted. Waves with nothing to do are left out. */
function passages({ hosts, waves }: Plan): readonly (readonly [StageName, readonly HostName[]])[] {
  const all = [...hosts.keys()];
  const moving = waves
    .filter((wave) => wave.some((host) => MOVING.some((stage) => hosts.get(host)?.[stage] !== undefined)))
    .flatMap((wave) => MOVING.map((stage) => [stage, wave] as const));
  // What an interrupted run left is mended everywhere, however far the waves get.
  return [['recover', all], ['pull', all], ...moving, ['complete', all], ['look', all], ['accept', all]];
}

/** Actions that only wait or look, or leave nothing behind when they are cut. */
const WAITING: ReadonlySet<Action['kind']> = new Set(['pull', 'check', 'watch', 'look', 'drain']);

/** Milliseconds that any other action has to end by itself, once another host has failed. */
const MOMENT = 5_000;

/** One go at a plan: what was begun, and how it went. */
class Run {
  readonly steps: StepResult[] = [];
  readonly #plan: Plan;
  readonly #perform: Perform;
  readonly #hooks: Hooks;
  readonly #began = performance.now();
  /** By host, in order. */
  readonly #begun: ReadonlyMap<HostName, Step[]>;
  /** Aborted by the first failure: what the other hosts wait for is of no use any more. */
  readonly #over = new AbortController();
  /** Aborted a moment later, for what changes something: cut in the middle it might leave more to take back than is known. */
  readonly #late = new AbortController();
  #moment: NodeJS.Timeout | undefined;

  constructor(plan: Plan, perform: Perform, hooks: Hooks) {
    this.#plan = plan;
    this.#perform = perform;
    this.#hooks = hooks;
    this.#begun = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }

  /** Does a stage on some hosts, side by side. What ends there because another host failed is no failure of its own. */
  async stage(stage: StageName, hosts: readonly HostName[]): Promise<readonly Failure[]> {
    const busy = hosts.filter((host) => this.#stepsOf(host, stage).length > 0);
    if (busy.length > 0) this.#hooks.entered?.(stage, busy);
    const all = (await Promise.all(busy.map((host) => this.#stageOn(host, stage)))).flat();
    // A cancelled job is one failure, on however many hosts it was noticed.
    const cancelled = all.find((failure) => failure.cancelled);
    const failures = all.filter((failure) => !failure.cancelled || failure === cancelled);
    if (failures.length > 0 || stage !== 'verify') return failures;
    try {
      await this.#hooks.verify?.();
      return [];
    } catch (error) {
      return [
        this.#hooks.signal.aborted
          ? this.#cancelled(stage)
          : { host: undefined, stage, action: undefined, error },
      ];
    }
  }

  #stepsOf(host: HostName, stage: StageName): readonly Step[] {
    return this.#plan.hosts.get(host)?.[stage] ?? [];
  }

  #cancelled(stage: StageName): Failure {
    return {
      host: undefined,
      stage,
      action: undefined,
      cancelled: true,
      error: new SealiftError('The job was cancelled.', { cause: this.#hooks.signal.reason }),
    };
  }

  async #stageOn(host: HostName, stage: StageName): Promise<readonly Failure[]> {
    const warnings: Failure[] = [];
    for (const step of this.#stepsOf(host, stage)) {
      if (this.#hooks.signal.aborted) return [this.#cancelled(stage)];
      if (this.#over.signal.aborted) return [];
      // Noted before it is done: a step that fails half-way is taken back as well.
      this.#begun.get(host)?.push(step);
      const over = WAITING.has(step.action.kind) ? this.#over : this.#late;
      const signal = AbortSignal.any([this.#hooks.signal, over.signal]);
      const failure = await this.#do(host, stage, step.action, signal, false);
      if (failure === undefined) continue;
      if (isEcho(failure.error, signal)) return this.#hooks.signal.aborted ? [this.#cancelled(stage)] : [];
      if (!COMMITTED.has(stage)) {
        this.#endOthers(new SealiftError(`${host} failed`));
        return [failure];
      }
      // A drain that can't be counted is no reason to let the old release run on.
      warnings.push(failure);
    }
    return warnings;
  }

  #endOthers(why: SealiftError): void {
    this.#over.abort(why);
    this.#moment ??= setTimeout(() => this.#late.abort(why), MOMENT).unref();
  }

  /** Takes everything back that was begun. What can't be is told, and the rest is taken back all the same. */
  async takeBack(stage: StageName, failures: readonly Failure[]): Promise<Outcome> {
    clearTimeout(this.#moment);
    // Not the job's signal: a cancelled job is taken back as well.
    const unhurried = new AbortController().signal;
    const undos = [...this.#begun].flatMap(([host, begun]) => {
      const actions = begun.toReversed().flatMap((step) => step.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0)
      this.#hooks.entered?.(
        'take-back',
        undos.map(({ host }) => host),
      );
    const left = await Promise.all(
      undos.map(async ({ host, actions }) => {
        const remains: Failure[] = [];
        for (const action of actions) {
          const failure = await this.#do(host, stage, action, unhurried, true);
          if (failure !== undefined) remains.push(failure);
        }
        return remains;
      }),
    );
    return {
      kind: 'turned-back',
      steps: this.steps,
      failures,
      evidence: this.#hooks.evidence(),
      left: left.flat(),
    };
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
      const ended = !ok && isEcho(error, signal) ? { ended: true as const } : {};
      const watched = this.#hooks.watched?.(action);
      const result = {
        ...{ host, stage, action, at: start - this.#began, took, ok, undo, note, ...ended },
        ...(watched === undefined ? {} : { watched }),
      };
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

/** Whether an error only says that its action was ended from outside. */
function isEcho(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  for (let each = error; each !== undefined; each = each instanceof Error ? each.cause : undefined) {
    if (each === signal.reason || (each instanceof Error && each.name === 'AbortError')) return true;
  }
  return false;
}
