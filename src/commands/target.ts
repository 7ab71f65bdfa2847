import type { ActionContext } from '../action-context.ts';
import type { Approval } from '../model/approval.ts';
import type { HostName } from '../model/identifiers.ts';
import type {
  DeliverRequest,
  Orchestrator,
  RemoveRequest,
  RollbackRequest,
  StatusRequest,
  UnlockRequest,
} from '../model/request.ts';
import type { ReportedFailure } from '../report/failures.ts';
import type { DeploymentReport, RemovalReport, StatusReport, UnlockReport } from '../report/report.ts';
import type { HeldLock } from '../rollout/lock-container.ts';
import type { SavedLock } from '../run/lock-state.ts';

/**
 * Where an app runs: its hosts, a swarm or a Kubernetes cluster. A command asks it for what the user wants, and does not know which it is.
 * docs/architecture.md, "Targets", says why it is cut here.
 */
export interface Target<Kind extends Orchestrator> {
  /** Makes a commit live: builds or finds its images, observes, plans, executes and reports. */
  readonly deliver: Rollout<DeliverRequest<Kind>>;
  /** Makes a recorded release live again, with its config and images, not today's. */
  readonly rollback: Rollout<RollbackRequest<Kind>>;
  /** What is live, and what the records say. Changes nothing. */
  readonly status: (request: StatusRequest<Kind>, context: ActionContext) => Promise<TargetStatus>;
  /**
   * Takes an app's environment away, and reports it. What is not there, or was removed by an earlier run, is no failure.
   * @throws SealiftError if something of it is left
   */
  readonly remove: (request: RemoveRequest<Kind>, context: ActionContext<RemovalReport>) => Promise<void>;
  /** The locks of an app's environment. They are broken, but not in a dry run. */
  readonly unlock: (
    request: UnlockRequest<Kind>,
    context: ActionContext<UnlockReport>,
  ) => Promise<FoundLocks>;
  /**
   * Finishes and reports what a step left that was killed: what was accepted last is live again as a whole, a removal goes on. The locks of
   * the step are held meanwhile, and given back.
   */
  readonly finish: (
    request: LockingRequest<Kind>,
    locks: readonly SavedLock[],
    step: Omit<ActionContext, 'report'>,
  ) => Promise<void>;
}

/** @throws SealiftError if the release is not live, after the report says what is */
type Rollout<Request> = (
  request: Request,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
) => Promise<void>;

/** What locks an app's environment. */
export type LockingRequest<Kind extends Orchestrator> =
  | DeliverRequest<Kind>
  | RollbackRequest<Kind>
  | RemoveRequest<Kind>
  | UnlockRequest<Kind>;

/** What runs, and what was run. */
export interface TargetStatus
  extends Pick<StatusReport, 'live' | 'previous' | 'revision' | 'images' | 'hosts' | 'history'> {
  /** Why hosts could not be asked. */
  readonly failures: readonly ReportedFailure[];
}

/** Locks that were found, and where. */
export interface FoundLocks {
  readonly results: readonly {
    readonly host: HostName;
    readonly held: Pick<HeldLock, 'owner' | 'since' | 'isExpired'> | undefined;
  }[];
  /** Why hosts could not be asked: they may be locked. */
  readonly failures: readonly ReportedFailure[];
}
