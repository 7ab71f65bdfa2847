import type { HistoryEntry } from './history.ts';
import type { HostName } from './host-address.ts';
import type { Release, ReleaseId, ServiceName, Slot } from './release.ts';

/** One container, as far as a plan needs it. */
export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly service: ServiceName;
  /** Compose counts the containers of a service from 1. */
  readonly number: number;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly health: 'healthy' | 'unhealthy' | 'starting' | undefined;
  readonly exitCode: number | undefined;
  /** ISO 8601, UTC. */
  readonly startedAt: string | undefined;
  /**
   * Where a run was killed: it runs without the restart policy that it is to have (`lacking`), or it is stopped and still has
   * one, by which a restart of the engine would bring it back (`left`). Otherwise, what Sealift has stopped has its policy
   * taken off (`off`), and what has died by itself has not.
   */
  readonly restartPolicyState?: 'missing' | 'not-disabled' | 'disabled';
  /** The engine's id of the image that it runs. */
  readonly imageId: string;
  /** Fingerprint of the definition that an accessory was made from; `undefined` where none is known. */
  readonly definitionFingerprint: string | undefined;
}

/** A release of this app and environment of which a container or a record exists on the host. */
export interface ObservedRelease {
  readonly id: ReleaseId;
  readonly containers: readonly ObservedContainer[];
  /**
   * The slot whose network its containers are on; `undefined` when none is on any (`network_mode`, or it has no containers),
   * or when a move from one to the other was cut short.
   */
  readonly slot: Slot | undefined;
  readonly record: Release | undefined;
  /** Fingerprint of the edge that its ways in need; left out where it needs none, or that is not known. */
  readonly edgeFingerprint?: string | undefined;
  /** This run has tried to bring it up again, in vain. */
  readonly restartFailed?: true;
}

export type EdgeState =
  | { readonly state: 'absent' }
  | {
      readonly state: 'running' | 'stopped';
      readonly containerId: string;
      /** Fingerprint of the ways in that it was made for, `<layout>-<digest>` (label `sealift.edge`). */
      readonly fingerprint: string;
    };

/** Whether two edges read the same files, by their fingerprints: what stands before the dash counts up with what edges read. */
export const hasSameLayout = (one: string, other: string): boolean =>
  layoutVersion(one) === layoutVersion(other);

const layoutVersion = (fingerprint: string): string | undefined => /^(\d+)-/.exec(fingerprint)?.[1];

/** Which release the requests go to. */
export interface Traffic {
  readonly slot: Slot;
  readonly release: ReleaseId;
  /**
   * Another release that gets some of them: a canary or a rolling deploy is under way, or was cut short. Then `release` is
   * the one of the two that was accepted, if one was.
   */
  readonly splitWith?: ReleaseId | undefined;
}

/** What one host is found to be. Nothing of it is assumed from an earlier run. */
export interface ObservedHost {
  readonly host: HostName;
  readonly edge: EdgeState;
  /** Whether the host-wide front for domains is running. */
  readonly frontRunning: boolean;
  /** Where the edge sends requests now; `undefined` without an edge or before the first switch. */
  readonly traffic: Traffic | undefined;
  /** Names of the containers that it sends them to, by its files. */
  readonly routedContainers: ReadonlySet<string>;
  /** The last release that passed every check here, from the history. */
  readonly accepted: ReleaseId | undefined;
  readonly releases: readonly ObservedRelease[];
  readonly accessories: readonly ObservedContainer[];
  readonly history: readonly HistoryEntry[];
  /** Host ports that containers which are not of this app hold: port → container name. */
  readonly foreignPorts: ReadonlyMap<number, string>;
}
