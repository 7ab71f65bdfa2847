import type { Approval } from '../model/approval.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import type { Downtime } from './downtime.ts';

/** What a report says of a host. */
export interface HostReport {
  readonly host: HostName;
  readonly was: ReleaseId | undefined;
  /** The release that it serves; `undefined` is none, or, with `unknown`, one that is not known. */
  readonly is: ReleaseId | undefined;
  /** One clause: `healthy`, `web did not become healthy: it exited with code 1`. */
  readonly why: string;
  /** It is not known what the host serves: a rollback or a repair failed, a removal ended in the middle, or it can't be reached. */
  readonly unknown?: true;
}

export interface DeploymentHost extends HostReport {
  /** Something could not be rolled back or repaired here. */
  readonly rollbackIncomplete?: true;
  /** Visitors do not reach what it serves: why. Asked from the edge, after a rollback. */
  readonly unreachable?: readonly string[];
  /** Visitors did not reach what it served before the run: why. */
  readonly unreachableBefore?: readonly string[];
  readonly downtime?: Downtime;
}

/** In a status, and in the dry run of a deployment. */
export interface StatusHost extends HostReport {
  /** Whether the live release was accepted, has all of the traffic and is healthy. */
  readonly healthy?: boolean;
  /** The live release and those that a rollback can return to, newest first. */
  readonly kept?: readonly KeptRelease[];
}

export interface RemovalHost extends HostReport {
  /** The volumes with data of the app that stay on the host. */
  readonly keptVolumes?: readonly string[];
  /** On a cluster: the command that removes them. */
  readonly removeVolumesBy?: string;
}

export interface KeptRelease {
  readonly release: ReleaseId;
  readonly revision: string | undefined;
  readonly acceptedAt: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** Left out where an older Sealift accepted it. */
  readonly approval?: Approval | undefined;
  readonly live: boolean;
  /** Whether every service of it is up. */
  readonly up: boolean;
  /** `2 of 2 healthy`, `3 stopped`, … */
  readonly condition: string;
}

/** What a run did to the hosts of an environment, from their records. */
export interface HistoryReport {
  /** ISO 8601, UTC: on the first host. */
  readonly at: string;
  /** `unfinished`: it goes on, or was killed, and no later run has cleaned up after it. */
  readonly result: 'deployed' | 'rolled-back' | 'unfinished';
  /** `undefined` where an older Sealift wrote the record. */
  readonly command: HistoryEntry['command'];
  readonly release: ReleaseId;
  readonly previous: ReleaseId | undefined;
  readonly revision: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  readonly approval: Approval | undefined;
  /** Milliseconds from the start of the run; `undefined` where an older Sealift wrote the record. */
  readonly durationMs: number | undefined;
  readonly hosts: readonly HostName[];
}
