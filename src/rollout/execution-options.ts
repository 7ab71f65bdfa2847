import type { HostName } from '../model/identifiers.ts';
import type { Action } from '../plan/actions.ts';
import type { StepResult, WaitNote } from '../plan/outcome.ts';
import type { StageName } from '../plan/plan.ts';
import type { collectEvidence } from './evidence.ts';
import type { reachabilityAfterRollback } from './live-routes.ts';
import type { performAction } from './perform-action.ts';
import type { Repeat, WaitStatus } from './wait-status.ts';

/** How a plan is executed. */
export interface ExecutionOptions {
  /** Checks the app from outside when all hosts of a wave have switched. Throws if it does not answer as expected. */
  readonly verify: ((waitStatus: WaitStatus, signal: AbortSignal) => Promise<void>) | undefined;
  readonly progress: ExecutionProgress;
  /** Aborted when the job is cancelled: running steps end and the release is rolled back. */
  readonly signal: AbortSignal;
  /** How often a step that waits is noted. Replaced in tests. */
  readonly repeat?: Repeat;
}

/** Called while a plan is executed, for the log. */
export interface ExecutionProgress {
  /** Hosts with steps enter a stage together, or start to roll back. */
  onStageStart(stage: StageName | 'roll-back', hosts: readonly HostName[]): void;
  onStepStart(host: HostName, stage: StageName, action: Action): void;
  onStepEnd(result: StepResult, error: unknown): void;
  /** A step takes long. Without a host: the check from outside. */
  onWait(note: WaitNote, step?: { readonly host: HostName; readonly action: Action }): void;
}

/** What a plan does to hosts. */
export interface HostOperations {
  readonly performAction: typeof performAction;
  readonly collectEvidence: typeof collectEvidence;
  readonly reachabilityAfterRollback: typeof reachabilityAfterRollback;
}
