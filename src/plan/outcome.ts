import type { HostName } from '../model/host-address.ts';
import type { Action } from './actions.ts';
import type { StageName } from './plan.ts';

/** A step as it went. */
export interface StepResult {
  readonly host: HostName;
  readonly stage: StageName;
  readonly action: Action;
  /** Milliseconds since the plan began. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
  readonly ok: boolean;
  /** It was ended because another host failed or the job was cancelled: no failure of its own. */
  readonly aborted?: true;
  /** Whether it took an earlier step back. */
  readonly undo: boolean;
  /** One line of what was found: `healthy after 1.2 s`. */
  readonly note: string | undefined;
  /** What was answered while it watched a release, also when that was why it failed. */
  readonly watched?: WatchResult;
}

/** What a release answered while it was watched, and what it was compared with. */
export interface WatchResult {
  readonly own: RequestStats;
  readonly other: RequestStats | undefined;
  /** It answered too few requests to be judged by them. */
  readonly few?: true;
  /** It had more errors than is allowed, but not so many that it could be no chance. */
  readonly unsure?: true;
}

export interface RequestStats {
  readonly requests: number;
  /** Of them, those that were answered with a status of 500 and above. */
  readonly errors: number;
  /** Milliseconds to the first byte, in the mean; `undefined` when none was measured. */
  readonly latency: number | undefined;
}

export interface RolloutFailure {
  /** `undefined`: the whole was found wrong from outside, or the job was cancelled. */
  readonly host: HostName | undefined;
  readonly stage: StageName;
  readonly action: Action | undefined;
  readonly error: unknown;
  /** It is no failure of a host or of the release: the job was cancelled. */
  readonly cancelled?: true;
}

/** Why a container failed: what a person needs to see at night. */
export interface Evidence {
  readonly host: HostName;
  readonly container: string;
  readonly service: string;
  readonly state: string;
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  readonly health: string | undefined;
  readonly lastLines: readonly string[];
}

/** How applying a plan ended. Success is never reported for what was rolled back. */
export type Outcome =
  | {
      readonly kind: 'succeeded';
      readonly steps: readonly StepResult[];
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'rolled-back';
      readonly steps: readonly StepResult[];
      readonly failures: readonly RolloutFailure[];
      readonly evidence: readonly Evidence[];
      /** What could not be taken back, by host; empty when every host is as it was. */
      readonly undoFailures: readonly RolloutFailure[];
    };

/** A run that went on from where another one has ended, as one: what failed first and was got over is among its steps. */
export function joinOutcomes(first: Outcome, second: Outcome): Outcome {
  const began = Math.max(0, ...first.steps.map(({ at, took }) => at + took));
  return {
    ...second,
    steps: [...first.steps, ...second.steps.map((step) => ({ ...step, at: step.at + began }))],
  };
}
