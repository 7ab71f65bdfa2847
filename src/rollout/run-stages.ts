import { formatCommand } from '../model/command-line.ts';
import { messageWithHost, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import type { Evidence, Outcome, RolloutFailure, StepResult, WatchResult } from '../plan/outcome.ts';
import {
  type Action,
  COMMITTED_STAGES,
  type Plan,
  type StageName,
  type Step,
  WAVE_STAGES,
} from '../plan/steps.ts';

/** Does one action to one host; answers a line about what was found. */
export type ActionPerformer = (
  host: HostName,
  action: Action,
  signal: AbortSignal,
) => Promise<string | undefined>;

export interface ExecutionCallbacks {
  /** Asks the whole from outside once every host of a wave has switched; throws when it does not answer as expected. */
  readonly verify: (() => Promise<string | undefined>) | undefined;
  /** Told of the hosts that have steps in a stage as they enter it together, or have some to take back. */
  readonly onStageStart?: (stage: StageName | 'roll-back', hosts: readonly HostName[]) => void;
  /** Told as each step begins and ends, for the log. */
  readonly onStepStart: (host: HostName, stage: StageName, action: Action) => void;
  readonly onStepEnd: (result: StepResult, error: unknown) => void;
  /** What the performer gathered about failed containers. */
  readonly collectedEvidence: () => readonly Evidence[];
  /** What an action that watches has counted. */
  readonly watchResultOf?: (action: Action) => WatchResult | undefined;
  /** Aborted when the job is cancelled: the steps at hand end and everything is taken back. */
  readonly signal: AbortSignal;
}

/**
 * Carries out a plan: images come to all hosts at once, then wave after wave moves, then all are accepted; the hosts of a
 * stage go side by side. When anything fails before the release is accepted everywhere, nothing further begins on any
 * host, what waits there is ended, and every step that was begun anywhere is taken back, last first.
 */
export async function runStages(
  plan: Plan,
  perform: ActionPerformer,
  callbacks: ExecutionCallbacks,
): Promise<Outcome> {
  const run = new PlanExecution(plan, perform, callbacks);
  for (const [stage, hosts] of stageSequence(plan)) {
    const failures = await run.runStage(stage, hosts);
    if (failures.length > 0) return run.rollBack(stage, failures);
  }
  const warnings: string[] = [];
  for (const stage of COMMITTED_STAGES) {
    const failures = await run.runStage(stage, [...plan.hosts.keys()]);
    warnings.push(
      ...failures.map(({ host, error, cancelled }) =>
        cancelled ? cancelledAfterAcceptText(plan, run.steps) : messageWithHost(host, error),
      ),
    );
  }
  return { kind: 'succeeded', steps: run.steps, warnings: [...new Set(warnings)] };
}

/** What a job that is cancelled after the acceptance leaves undone. Commands are named: no later deploy runs them. */
function cancelledAfterAcceptText({ hosts }: Plan, steps: readonly StepResult[]): string {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const started = new Set(steps.map(({ action }) => action));
  const lost = [...hosts].flatMap(([host, stages]) =>
    (stages['after-release'] ?? []).flatMap(({ action }) =>
      action.kind === 'run-hook' && !ended.has(action)
        ? [
            ` after-release ${started.has(action) ? 'was cut short' : 'was not run'} and no later deploy of this release runs it: ` +
              `${formatCommand(action.argv)} (in ${action.service} on ${host}).`,
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
function stageSequence({ hosts, waves }: Plan): readonly (readonly [StageName, readonly HostName[]])[] {
  const all = [...hosts.keys()];
  const moving = waves
    .filter((wave) =>
      wave.some((host) => WAVE_STAGES.some((stage) => hosts.get(host)?.[stage] !== undefined)),
    )
    .flatMap((wave) => WAVE_STAGES.map((stage) => [stage, wave] as const));
  // What an interrupted run left is mended everywhere, however far the waves get.
  return [
    ['recover', all],
    ['pull', all],
    ...moving,
    ['complete', all],
    ['final-check', all],
    ['accept', all],
  ];
}

/** Actions that only wait or look, or leave nothing behind when they are cut. */
const INTERRUPTIBLE_ACTIONS: ReadonlySet<Action['kind']> = new Set([
  'pull-images',
  'check-health',
  'watch-release',
  'final-check',
  'drain-traffic',
]);

/** Milliseconds that any other action has to end by itself, once another host has failed. */
const ABORT_GRACE = 5_000;

/** One go at a plan: what was begun, and how it went. */
class PlanExecution {
  readonly steps: StepResult[] = [];
  readonly #plan: Plan;
  readonly #perform: ActionPerformer;
  readonly #callbacks: ExecutionCallbacks;
  readonly #startedAt = performance.now();
  /** By host, in order. */
  readonly #startedSteps: ReadonlyMap<HostName, Step[]>;
  /** Aborted by the first failure: what the other hosts wait for is of no use any more. */
  readonly #abortWaits = new AbortController();
  /** Aborted a moment later, for what changes something: cut in the middle it might leave more to take back than is known. */
  readonly #abortChanges = new AbortController();
  #abortTimer: NodeJS.Timeout | undefined;

  constructor(plan: Plan, perform: ActionPerformer, callbacks: ExecutionCallbacks) {
    this.#plan = plan;
    this.#perform = perform;
    this.#callbacks = callbacks;
    this.#startedSteps = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }

  /** Does a stage on some hosts, side by side. What ends there because another host failed is no failure of its own. */
  async runStage(runStage: StageName, hosts: readonly HostName[]): Promise<readonly RolloutFailure[]> {
    const busy = hosts.filter((host) => this.#stepsOf(host, runStage).length > 0);
    if (busy.length > 0) this.#callbacks.onStageStart?.(runStage, busy);
    const all = (await Promise.all(busy.map((host) => this.#runStageOnHost(host, runStage)))).flat();
    // A cancelled job is one failure, on however many hosts it was noticed.
    const cancelled = all.find((failure) => failure.cancelled);
    const failures = all.filter((failure) => !failure.cancelled || failure === cancelled);
    if (failures.length > 0 || runStage !== 'verify') return failures;
    try {
      await this.#callbacks.verify?.();
      return [];
    } catch (error) {
      return [
        this.#callbacks.signal.aborted
          ? this.#cancellation(runStage)
          : { host: undefined, stage: runStage, action: undefined, error },
      ];
    }
  }

  #stepsOf(host: HostName, stage: StageName): readonly Step[] {
    return this.#plan.hosts.get(host)?.[stage] ?? [];
  }

  #cancellation(runStage: StageName): RolloutFailure {
    return {
      host: undefined,
      stage: runStage,
      action: undefined,
      cancelled: true,
      error: new SealiftError('The job was cancelled.', { cause: this.#callbacks.signal.reason }),
    };
  }

  async #runStageOnHost(host: HostName, stage: StageName): Promise<readonly RolloutFailure[]> {
    const warnings: RolloutFailure[] = [];
    for (const step of this.#stepsOf(host, stage)) {
      if (this.#callbacks.signal.aborted) return [this.#cancellation(stage)];
      if (this.#abortWaits.signal.aborted) return [];
      // Noted before it is done: a step that fails half-way is taken back as well.
      this.#startedSteps.get(host)?.push(step);
      const over = INTERRUPTIBLE_ACTIONS.has(step.action.kind) ? this.#abortWaits : this.#abortChanges;
      const signal = AbortSignal.any([this.#callbacks.signal, over.signal]);
      const failure = await this.#performStep(host, stage, step.action, signal, false);
      if (failure === undefined) continue;
      if (isCausedByAbort(failure.error, signal))
        return this.#callbacks.signal.aborted ? [this.#cancellation(stage)] : [];
      if (!COMMITTED_STAGES.has(stage)) {
        this.#abortOthers(new SealiftError(`${host} failed`));
        return [failure];
      }
      // A drain that can't be counted is no reason to let the old release run on.
      warnings.push(failure);
    }
    return warnings;
  }

  #abortOthers(why: SealiftError): void {
    this.#abortWaits.abort(why);
    this.#abortTimer ??= setTimeout(() => this.#abortChanges.abort(why), ABORT_GRACE).unref();
  }

  /** Takes everything back that was begun. What can't be is told, and the rest is taken back all the same. */
  async rollBack(stage: StageName, failures: readonly RolloutFailure[]): Promise<Outcome> {
    clearTimeout(this.#abortTimer);
    // Not the job's signal: a cancelled job is taken back as well.
    const neverAborted = new AbortController().signal;
    const undos = [...this.#startedSteps].flatMap(([host, started]) => {
      const actions = started.toReversed().flatMap((step) => step.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0)
      this.#callbacks.onStageStart?.(
        'roll-back',
        undos.map(({ host }) => host),
      );
    const failedUndos = await Promise.all(
      undos.map(async ({ host, actions }) => {
        const remains: RolloutFailure[] = [];
        for (const action of actions) {
          const failure = await this.#performStep(host, stage, action, neverAborted, true);
          if (failure !== undefined) remains.push(failure);
        }
        return remains;
      }),
    );
    return {
      kind: 'rolled-back',
      steps: this.steps,
      failures,
      evidence: this.#callbacks.collectedEvidence(),
      undoFailures: failedUndos.flat(),
    };
  }

  async #performStep(
    host: HostName,
    runStage: StageName,
    action: Action,
    signal: AbortSignal,
    undo: boolean,
  ): Promise<RolloutFailure | undefined> {
    const start = performance.now();
    this.#callbacks.onStepStart(host, runStage, action);
    const end = (ok: boolean, note: string | undefined, error: unknown): void => {
      const took = performance.now() - start;
      const aborted = !ok && isCausedByAbort(error, signal) ? { aborted: true as const } : {};
      const watched = this.#callbacks.watchResultOf?.(action);
      const result = {
        ...{ host, stage: runStage, action, at: start - this.#startedAt, took, ok, undo, note, ...aborted },
        ...(watched === undefined ? {} : { watched }),
      };
      this.steps.push(result);
      this.#callbacks.onStepEnd(result, error);
    };
    try {
      end(true, await this.#perform(host, action, signal), undefined);
      return undefined;
    } catch (error) {
      end(false, undefined, error);
      return { host, stage: runStage, action, error };
    }
  }
}

/** Whether an error only says that its action was ended from outside. */
function isCausedByAbort(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  for (let each = error; each !== undefined; each = each instanceof Error ? each.cause : undefined) {
    if (each === signal.reason || (each instanceof Error && each.name === 'AbortError')) return true;
  }
  return false;
}
