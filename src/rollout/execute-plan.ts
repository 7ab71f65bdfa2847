import { isCausedByAbort, messageWithHost, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { wasCancelled } from '../model/place-words.ts';
import { type Action, traitsOf } from '../plan/actions.ts';
import type { HostReachability, Interruption, Outcome, RolloutFailure, StepResult } from '../plan/outcome.ts';
import { COMMITTED_STAGES, type Plan, type StageName, type Step, stageSequence } from '../plan/plan.ts';
import { cancelledAfterAcceptText } from './cancelled-after-accept.ts';
import { collectEvidence } from './evidence.ts';
import type { ExecutionOptions, HostOperations } from './execution-options.ts';
import type { HostContext } from './host-context.ts';
import { reachabilityAfterRollback } from './live-routes.ts';
import { performAction } from './perform-action.ts';
import { type UndoResult, undoSteps } from './undo-steps.ts';
import { everyTenSeconds, type Repeat, reportWait, type WaitStatus } from './wait-status.ts';

/**
 * Executes a plan: images are pulled on all hosts, then wave after wave moves, then all hosts accept. The hosts of a stage work
 * in parallel. If anything fails before the release is accepted on all hosts, no further step starts on any host, waiting steps
 * end, and every step that was started anywhere is undone, the last one first.
 *
 * @param operations replaced in tests of the order of steps
 */
export async function executePlan(
  plan: Plan,
  contexts: ReadonlyMap<HostName, HostContext>,
  options: ExecutionOptions,
  operations: HostOperations = { performAction, collectEvidence, reachabilityAfterRollback },
): Promise<Outcome> {
  for (const host of plan.hosts.keys())
    if (!contexts.has(host)) throw new SealiftError(`${host} is not connected. Nothing was changed.`);
  const execution = new PlanExecution(plan, contexts, options, operations);
  for (const [stage, hosts] of stageSequence(plan)) {
    const failures = await execution.runStage(stage, hosts);
    if (failures.length > 0) return execution.rollBack(stage, failures);
  }
  const warnings: string[] = [];
  for (const stage of COMMITTED_STAGES) {
    for (const { host, error, cancelled } of await execution.runStage(stage, [...plan.hosts.keys()]))
      warnings.push(
        cancelled ? cancelledAfterAcceptText(plan, execution.steps) : messageWithHost(host, error),
      );
  }
  return { kind: 'succeeded', steps: execution.results, warnings: [...new Set(warnings)] };
}

/** Milliseconds in which an action that changes something may finish after another host has failed. */
const ABORT_GRACE = 5_000;

/** One execution of a plan: the steps that were started, and their results. */
class PlanExecution {
  readonly steps: StepResult[] = [];
  readonly #plan: Plan;
  readonly #contexts: ReadonlyMap<HostName, HostContext>;
  readonly #options: ExecutionOptions;
  readonly #operations: HostOperations;
  readonly #startedAt = performance.now();
  /** In the order in which they were started. */
  readonly #startedSteps: ReadonlyMap<HostName, Step[]>;
  /** Aborted by the first failure: nothing needs what the other hosts wait for. */
  readonly #abortWaits = new AbortController();
  /** Aborted a few seconds later: an aborted change may leave more to undo than is known. */
  readonly #abortChanges = new AbortController();
  #abortTimer: NodeJS.Timeout | undefined;

  constructor(
    plan: Plan,
    contexts: ReadonlyMap<HostName, HostContext>,
    options: ExecutionOptions,
    operations: HostOperations,
  ) {
    this.#plan = plan;
    this.#contexts = contexts;
    this.#options = options;
    this.#operations = operations;
    this.#startedSteps = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }

  /** The steps with what pulls have found, which is known a moment after they end. */
  get results(): readonly StepResult[] {
    return this.steps.map((step) => {
      const images = this.#contexts.get(step.host)?.runState.pullResults.get(step.action);
      return images === undefined ? step : { ...step, images };
    });
  }

  /** Runs a stage on hosts in parallel. A step that is aborted because another host failed is no failure. */
  async runStage(stage: StageName, hosts: readonly HostName[]): Promise<readonly RolloutFailure[]> {
    const busy = hosts.filter((host) => this.#plan.hosts.get(host)?.[stage]?.length);
    if (busy.length > 0) this.#options.progress.onStageStart(stage, busy);
    const all = (await Promise.all(busy.map((host) => this.#runStageOnHost(host, stage)))).flat();
    // A cancelled job is one failure, however many hosts noticed it.
    const cancelled = all.find((failure) => failure.cancelled);
    const failures = all.filter((failure) => !failure.cancelled || failure === cancelled);
    if (failures.length > 0 || stage !== 'verify') return failures;
    const { verify, progress } = this.#options;
    if (verify === undefined) return [];
    const waitStatus: WaitStatus = {};
    using _notes = reportWait(waitStatus, (note) => progress.onWait(note), this.#repeat);
    const lost = hosts.flatMap((host) => this.#lostLock(host) ?? []);
    const signal = AbortSignal.any([this.#options.signal, ...lost]);
    try {
      await verify(waitStatus, signal);
      return [];
    } catch (error) {
      if (this.#options.signal.aborted) return [this.#cancellation(stage)];
      const cause = isCausedByAbort(error, signal) ? signal.reason : error;
      return [{ host: undefined, stage, action: undefined, error: cause }];
    }
  }

  get #repeat(): Repeat {
    return this.#options.repeat ?? everyTenSeconds;
  }

  #cancellation(stage: StageName): RolloutFailure {
    const error = new SealiftError(`${wasCancelled()}.`, {
      cause: this.#options.signal.reason,
    });
    return { host: undefined, stage, action: undefined, cancelled: true, error };
  }

  async #runStageOnHost(host: HostName, stage: StageName): Promise<readonly RolloutFailure[]> {
    const warnings: RolloutFailure[] = [];
    for (const step of this.#plan.hosts.get(host)?.[stage] ?? []) {
      if (this.#options.signal.aborted) return [...warnings, this.#cancellation(stage)];
      if (this.#abortWaits.signal.aborted) return [];
      // Noted first, so that a step that fails half-way is undone as well.
      this.#startedSteps.get(host)?.push(step);
      const others = traitsOf(step.action).waits ? this.#abortWaits : this.#abortChanges;
      const lost = this.#lostLock(host);
      const signal = AbortSignal.any([this.#options.signal, others.signal, ...(lost ? [lost] : [])]);
      const failure = await this.#performStep(host, stage, step.action, signal, false);
      if (failure === undefined) continue;
      if (this.#isAborted(failure.error, host, signal))
        return this.#options.signal.aborted ? [...warnings, this.#cancellation(stage)] : warnings;
      if (!COMMITTED_STAGES.has(stage)) {
        this.#abortOthers(new SealiftError(`${host} failed`));
        return [failure];
      }
      // After a drain that could not be counted, the old release is stopped all the same.
      warnings.push(failure);
    }
    return warnings;
  }

  /** What ends because the host's lock is lost has failed, like the step after it, which would not begin. */
  #isAborted(error: unknown, host: HostName, signal: AbortSignal): boolean {
    return isCausedByAbort(error, signal) && signal.reason !== this.#lostLock(host)?.reason;
  }

  #lostLock(host: HostName): AbortSignal | undefined {
    return this.#contexts.get(host)?.lock.lost(host);
  }

  #abortOthers(reason: SealiftError): void {
    this.#abortWaits.abort(reason);
    this.#abortTimer ??= setTimeout(() => this.#abortChanges.abort(reason), ABORT_GRACE).unref();
  }

  /** Undoes every step that was started. An undo that fails is reported, and the others still run. */
  async rollBack(stage: StageName, failures: readonly RolloutFailure[]): Promise<Outcome> {
    clearTimeout(this.#abortTimer);
    const undos = [...this.#startedSteps].flatMap(([host, started]) => {
      const actions = started.toReversed().flatMap((step) => step.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0) {
      const hosts = undos.map(({ host }) => host);
      this.#options.progress.onStageStart('roll-back', hosts);
    }
    const results = await Promise.all(undos.map(({ host, actions }) => this.#undo(host, stage, actions)));
    return {
      kind: 'rolled-back',
      steps: this.results,
      failures,
      evidence: results.flatMap(({ evidence }) => evidence),
      undoFailures: results.flatMap((result) => result.failures),
      reachability: await this.#reachability(),
    };
  }

  /** What visitors reach now, and what they reached before. */
  async #reachability(): Promise<ReadonlyMap<HostName, HostReachability>> {
    const found = await Promise.all(
      [...this.#plan.hosts.keys()].map(async (host): Promise<readonly [HostName, HostReachability]> => {
        const context = this.#contextOf(host, new AbortController().signal);
        const after = await this.#operations.reachabilityAfterRollback(context);
        return [host, { before: context.runState.reachedBefore, after }];
      }),
    );
    return new Map(found.filter(([, { before, after }]) => (before ?? after) !== undefined));
  }

  #undo(host: HostName, stage: StageName, actions: readonly Action[]): Promise<UndoResult> {
    // Not the job's signal: a cancelled job is rolled back as well.
    const { signal } = new AbortController();
    return undoSteps(actions, {
      collectEvidence: (stops) => this.#operations.collectEvidence(this.#contextOf(host, signal), stops),
      perform: (action) => this.#performStep(host, stage, action, signal, true),
    });
  }

  async #performStep(
    host: HostName,
    stage: StageName,
    action: Action,
    signal: AbortSignal,
    undo: boolean,
  ): Promise<RolloutFailure | undefined> {
    const start = performance.now();
    const { progress } = this.#options;
    const context = this.#contextOf(host, signal);
    const end = (note: string | undefined, error?: unknown): void => {
      const ok = error === undefined;
      const watched = context.runState.watchResults.get(action);
      const gap = context.runState.interruptions.get(action);
      const at = start - this.#startedAt;
      const result: StepResult = {
        ...{ host, stage, action, at, took: performance.now() - start, ok, undo, note },
        ...(!ok && this.#isAborted(error, host, signal) ? { aborted: true as const } : {}),
        ...(watched === undefined ? {} : { watched }),
        ...(gap && { interrupted: this.#sinceStart(gap) }),
      };
      this.steps.push(result);
      progress.onStepEnd(result, error);
    };
    progress.onStepStart(host, stage, action);
    using _notes = reportWait(
      context.waitStatus,
      (note) => progress.onWait(note, { host, action }),
      this.#repeat,
    );
    try {
      end(await this.#operations.performAction(context, action));
      return undefined;
    } catch (thrown) {
      const isLost = isCausedByAbort(thrown, signal) && !this.#isAborted(thrown, host, signal);
      const error = isLost ? signal.reason : thrown;
      end(undefined, error);
      return { host, stage, action, error };
    }
  }

  #sinceStart({ from, to, ...interruption }: Interruption): Interruption {
    return { ...interruption, from: from - this.#startedAt, to: to - this.#startedAt };
  }

  #contextOf(host: HostName, signal: AbortSignal): HostContext {
    const context = this.#contexts.get(host);
    if (context === undefined) throw new SealiftError(`${host} is not connected.`);
    return { ...context, signal, jobCancelled: this.#options.signal.aborted, waitStatus: {} };
  }
}
