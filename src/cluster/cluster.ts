import type { ClusterRelease, ContentObject } from '../model/cluster-release.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import type { RollbackHint } from '../model/rollback-hint.ts';
import type { Hook } from '../model/strategy.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { ClusterLockPlace } from './cluster-lock.ts';
import type { ClusterPlan } from './plan.ts';
import type { ClusterRecords, RecordDocument } from './records.ts';
import type { ClusterRemoval } from './removal.ts';

/**
 * An orchestrator that runs the releases of an app in an environment on nodes of its own choice, connected until the end of the
 * scope. It schedules, heals and moves traffic by itself; Sealift tells it what to run, and judges what became of it.
 * @typeParam Definition what it takes: a stack, manifests
 */
export interface Cluster<Definition> extends AsyncDisposable {
  /** How the log and the report name it: the address through which it is asked. */
  readonly host: HostName;
  /** Whether it keeps releases: what was made by hand has no records. */
  readonly keepsReleases: boolean;
  readonly words: ClusterWords;
  /** Where it keeps the lock of the app. */
  readonly lockPlace: ClusterLockPlace;
  /** What is there now. Changes nothing. */
  observe(): Promise<ClusterObservation<Definition>>;
  /**
   * What a deploy of a release would change. Changes nothing.
   * @throws ConfigurationError for what the cluster would refuse halfway
   */
  plan(release: ClusterRelease<Definition>, found: ClusterObservation<Definition>): Promise<ClusterPlan>;
  /**
   * Makes what the workloads need before they start. Nothing that runs notices it.
   * @param contents of secrets and configs that the definition only names; empty where it has everything, and for a release that was
   *   recorded before
   * @returns what was made, in a few words
   */
  prepare(release: ClusterRelease<Definition>, contents: readonly ContentObject[]): Promise<string>;
  /**
   * Runs a command once in the image of a service, with everything that the service has.
   * @throws SealiftError with its last lines when it fails
   */
  runHook(release: ClusterRelease<Definition>, hook: ClusterHook, wait: ClusterWait): Promise<string>;
  /**
   * Tells the cluster to run the release. Workloads that the release does not have stay.
   * @param undo whether it takes a release back that failed: then nothing that somebody else has set meanwhile is in the way
   */
  apply(release: ClusterRelease<Definition>, wait: ClusterWait, undo: boolean): Promise<void>;
  /**
   * Waits until every workload is whole and new.
   * @returns how it ended, in a few words
   * @throws SealiftError that says which workload is not, and why
   */
  converge(release: ClusterRelease<Definition>, wait: ClusterWait): Promise<string>;
  /** The steps by which traffic moves to a release that runs whole, in order; none where the cluster moves it by itself. */
  moves(release: ClusterRelease<Definition>): readonly ClusterMove[];
  /** Why workloads fail: of each its last failures, with log lines. Never throws. */
  evidence(release: ClusterRelease<Definition>): Promise<readonly Evidence[]>;
  /**
   * Removes the workloads of the app that the release does not have, with what only they need; all of them without a release.
   * @returns their names
   */
  removeOthers(release: ClusterRelease<Definition> | undefined): Promise<readonly string[]>;
  /**
   * What there is of the app, of all its releases. Changes nothing.
   * @param volumes whether they go too, with all data
   * @throws ConfigurationError if something of somebody else is among it
   */
  removal(found: ClusterObservation<Definition>, volumes: boolean): Promise<ClusterRemoval>;
  /** @throws ForeignRecordError if another run has recorded something since the records were read */
  record(document: RecordDocument<Definition>): Promise<void>;
  /**
   * Removes the records of releases that are not kept, and the secrets and configs that only they have.
   * @returns what was removed, in a few words
   */
  prune(records: ClusterRecords<Definition>, kept: ReadonlySet<ReleaseId>): Promise<string>;
}

/** What a report says of a cluster to a person. */
export interface ClusterWords {
  /** What is not removed with a first release that failed. */
  readonly remains: string;
  /** The command that shows how a release runs. */
  readonly look: string;
  /** `undefined` where no releases are kept. */
  readonly rollbackHint: RollbackHint | undefined;
}

/** A step by which traffic moves: before `url` is asked, or after that. */
export interface ClusterMove {
  readonly stage: 'switch' | 'bake';
  readonly text: string;
  /**
   * @returns how it ended, in a few words
   * @throws SealiftError if the release must go back
   */
  readonly run: (wait: ClusterWait) => Promise<string>;
}

/** A command around a release, and when it runs. */
export interface ClusterHook extends Hook {
  readonly when: 'before' | 'after';
}

export interface ClusterObservation<Definition> {
  readonly records: ClusterRecords<Definition>;
  readonly workloads: readonly Workload[];
  /** Names of workloads that the live release has and the cluster has not. */
  readonly missing: readonly string[];
}

/** Something that a cluster keeps running, or runs to its end: a service, a deployment, a job. */
export interface Workload {
  /** Without the name of the app. */
  readonly name: string;
  /** `replicated`, `global`, `Deployment`, … */
  readonly kind: string;
  /** The release that it belongs to; `undefined` for one that Sealift did not make. */
  readonly release: ReleaseId | undefined;
  /** How many should run, or should have ended well. */
  readonly wanted: number;
  readonly ready: number;
  /** Why it is not whole; `undefined` if it is. */
  readonly problem: string | undefined;
}

/** A wait for the cluster. */
export interface ClusterWait {
  readonly signal: AbortSignal;
  /** Gets a line when something has changed, and from time to time. */
  readonly onProgress: (line: string) => void;
}
