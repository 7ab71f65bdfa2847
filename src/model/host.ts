import type { Slot } from './app-environment.ts';
import type { HistoryEntry } from './history.ts';
import type { HostName, ReleaseId, ServiceName } from './identifiers.ts';
import type { Release } from './release.ts';
import type { PublishedPort } from './route.ts';

/** What a plan needs to know about a container. */
export interface ObservedContainer {
  readonly name: string;
  readonly service: ServiceName;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly health: 'healthy' | 'unhealthy' | 'starting' | undefined;
  /** Its HEALTHCHECK was not run yet by the engine since it started. */
  readonly unchecked?: true;
  readonly exitCode: number | undefined;
  /**
   * Left out for a running container with its intended policy, or without one. `missing`: it runs without the policy that it
   * should have, because a run was killed. `disabled`: it was stopped by Sealift, which removes the policy. `not-disabled`:
   * it exited by itself, or a run was killed; a restart of the engine would start it again.
   */
  readonly restartPolicyState?: 'missing' | 'not-disabled' | 'disabled';
  /** Fingerprint of the definition from which an accessory was created; `undefined` if unknown. */
  readonly definitionFingerprint: string | undefined;
  /** Names of the networks that an accessory is on; left out if unknown. */
  readonly networks?: readonly string[];
}

/** A release of this app and environment that has a container or a record on the host. */
export interface ObservedRelease {
  readonly id: ReleaseId;
  readonly containers: readonly ObservedContainer[];
  /**
   * The slot whose network its containers are on. `undefined` if there is none (no containers, or `network_mode`), or if a
   * move between slots was interrupted.
   */
  readonly slot: Slot | undefined;
  readonly record: Release | undefined;
  /**
   * Services whose work was done when the release was accepted here: they count as up, whether or not their containers still
   * exist, and are not started again. Left out if there are none.
   */
  readonly ended?: readonly ServiceName[];
  /** Fingerprint of the edge that its routes need; left out if they need none, or it is unknown. */
  readonly edgeFingerprint?: string | undefined;
  /** This run could not start it again. */
  readonly restartFailed?: true;
}

export type EdgeState =
  | { readonly state: 'absent' }
  | {
      readonly state: 'running' | 'stopped';
      readonly containerId: string;
      /** The container of the TCP edge, if it runs. */
      readonly tcpEdgeId?: string;
      /** Fingerprint of the routes that it was created for, `<layout>-<digest>`, and that of a TCP edge that runs (label `sealift.edge`). */
      readonly fingerprint: string;
    };

/** Whether two edges read the same files. The number before the dash of a fingerprint is the version of their layout. */
export const hasSameLayout = (one: string, other: string): boolean =>
  layoutVersion(one) === layoutVersion(other);

const layoutVersion = (fingerprint: string): string | undefined => /^(\d+)-/.exec(fingerprint)?.[1];

/** The release that gets the requests. */
export interface Traffic {
  readonly slot: Slot;
  readonly release: ReleaseId;
  /**
   * Another release that gets a part of them, in a canary or rolling deploy that runs or was interrupted. Then `release` is
   * the accepted one of the two, if one was accepted.
   */
  readonly splitWith?: ReleaseId | undefined;
}

/** A Compose project on a host that Sealift did not make. */
export interface ComposeProject {
  readonly name: string;
  /** The folder on the server from which it was started, if its containers still say so. */
  readonly folder: string | undefined;
  readonly containers: readonly ProjectContainer[];
  /** The names of its volumes, by their key in its Compose file. */
  readonly volumes: Readonly<Record<string, string>>;
}

export interface ProjectContainer {
  readonly name: string;
  readonly service: ServiceName;
  readonly running: boolean;
  /** Ports of the host. */
  readonly ports: readonly number[];
  /** Names. */
  readonly volumes: readonly string[];
}

/** A port of the host that a container holds: of another app, or an accessory of this one. */
export interface HeldPort extends PublishedPort {
  readonly protocol: string;
  readonly container: string;
  /** `undefined`: another app's. */
  readonly accessory: ServiceName | undefined;
}

/** The state of a host, read in this run. Nothing is assumed from an earlier run. */
export interface ObservedHost {
  readonly host: HostName;
  readonly edge: EdgeState;
  /** Whether the front, which serves the domains of all apps on the host, is running. */
  readonly frontRunning: boolean;
  /** Another app has an edge, to which the front may route domains. */
  readonly hasOtherEdges?: true;
  /** Where the edge sends requests now; `undefined` without an edge or before the first switch. */
  readonly traffic: Traffic | undefined;
  /** Names of the containers that its files list. */
  readonly routedContainers: ReadonlySet<string>;
  /** The release that was last accepted here, from the history. */
  readonly accepted: ReleaseId | undefined;
  readonly releases: readonly ObservedRelease[];
  readonly accessories: readonly ObservedContainer[];
  readonly history: readonly HistoryEntry[];
  /** There are records, and none of them are intact: something was deployed, but nobody knows what. */
  readonly recordsUnreadable?: true;
  /** By other apps and by accessories. */
  readonly heldPorts: readonly HeldPort[];
  /** The names of the containers of other apps; left out if there are none. */
  readonly foreignContainers?: readonly string[];
  /** Left out if there are none. */
  readonly composeProjects?: readonly ComposeProject[];
  /** The names of all volumes. */
  readonly volumeNames?: readonly string[];
  /** The names of all networks. */
  readonly networkNames?: readonly string[];
}
