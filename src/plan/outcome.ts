import type { HostName, ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Action } from './actions.ts';
import type { StageName } from './plan.ts';

/** A step that ran, and how it ended. */
export interface StepResult {
  readonly host: HostName;
  readonly stage: StageName;
  readonly action: Action;
  /** Milliseconds since the plan began. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
  readonly ok: boolean;
  /** It was aborted because another host failed or the job was cancelled: not a failure of its own. */
  readonly aborted?: true;
  /** Whether it undid an earlier step. */
  readonly undo: boolean;
  /** The result in one line: `healthy after 1.2 s`. */
  readonly note: string | undefined;
  /** What the watched release answered, also if the step failed because of that. */
  readonly watched?: WatchResult;
  /** Of a pull: the images that the release needs on the host. */
  readonly images?: readonly HostImage[];
  /** Of accessories that it replaced. */
  readonly interrupted?: Interruption;
}

/** Accessories that did not answer for a while: from the stop of the former one until the new one serves, or failed. */
export interface Interruption {
  readonly services: readonly ServiceName[];
  /** Milliseconds since the plan began. */
  readonly from: number;
  readonly to: number;
}

/** An image as it is on a host after a pull. */
export interface HostImage {
  readonly image: string;
  /** Bytes on the host's disk; `undefined` if the engine does not say. */
  readonly size: number | undefined;
  /** Bytes that were transferred; 0 if the host had it, `undefined` if the registry did not say. */
  readonly pulled: number | undefined;
}

/** What a release answered while it was watched, compared with a baseline. */
export interface WatchResult {
  readonly release: RequestStats;
  readonly baseline: RequestStats | undefined;
  /** The release had fewer requests than `canary-min-requests`. */
  readonly tooFewRequests?: true;
  /** It had more errors than allowed, but so few that they may be chance. */
  readonly inconclusive?: true;
}

export interface RequestStats {
  readonly requests: number;
  /** Answers with a status of 500 or above. */
  readonly errors: number;
  /** The mean time to the first byte; `undefined` when none was measured. */
  readonly latencyMs: number | undefined;
}

/** A wait that still goes on. */
export interface WaitNote {
  /** Milliseconds since it began. */
  readonly elapsed: number;
  /** Milliseconds; `undefined`: no limit is known. */
  readonly limit: number | undefined;
  /** The last observation; `undefined`: there is none. */
  readonly seen: string | undefined;
}

export interface RolloutFailure {
  /** `undefined`: the check of the URL failed, or the job was cancelled. */
  readonly host: HostName | undefined;
  readonly stage: StageName;
  readonly action: Action | undefined;
  readonly error: unknown;
  /** The job was cancelled: neither a host nor the release has failed. */
  readonly cancelled?: true;
}

/** Why a container failed. */
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

/** Whether visitors reach the release that a host serves, asked on the host from the edge. */
export interface Reachability {
  readonly release: ReleaseId;
  /** Why they don't; empty: every route was answered. */
  readonly problems: readonly string[];
  /** Other routes of it were answered. */
  readonly partly?: true;
}

/** What visitors of a host reached before a run and after its rollback; `undefined` where it could not be asked. */
export interface HostReachability {
  readonly before: Reachability | undefined;
  readonly after: Reachability | undefined;
}

/** How the execution of a plan ended. */
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
      /** Steps that could not be undone; empty if every host is as it was before. */
      readonly undoFailures: readonly RolloutFailure[];
      /** By host. A host that can't be asked, or has no routes, is left out. */
      readonly reachability?: ReadonlyMap<HostName, HostReachability>;
    };

/** One outcome for two executions, the second of which went on where the first had failed. Its steps are those of both. */
export function joinOutcomes(first: Outcome, second: Outcome): Outcome {
  const began = Math.max(0, ...first.steps.map(({ at, took }) => at + took));
  return {
    ...second,
    ...joinReachability(first, second),
    steps: [...first.steps, ...second.steps.map((step) => laterBy(began, step))],
  };
}

function laterBy(delay: number, step: StepResult): StepResult {
  const { interrupted } = step;
  return {
    ...step,
    at: step.at + delay,
    ...(interrupted && {
      interrupted: { ...interrupted, from: interrupted.from + delay, to: interrupted.to + delay },
    }),
  };
}

/** What was reached before the first of two executions, and after the second. */
function joinReachability(first: Outcome, second: Outcome): Pick<RolledBack, 'reachability'> {
  if (first.kind === 'succeeded' || second.kind === 'succeeded') return {};
  const hosts = new Set([...(first.reachability?.keys() ?? []), ...(second.reachability?.keys() ?? [])]);
  const joined = [...hosts].map((host): [HostName, HostReachability] => {
    const [one, other] = [first.reachability?.get(host), second.reachability?.get(host)];
    return [host, { before: one?.before ?? other?.before, after: other?.after }];
  });
  return { reachability: new Map(joined) };
}

type RolledBack = Extract<Outcome, { readonly kind: 'rolled-back' }>;
