import type { HostName, ReleaseId } from './identifiers.ts';
import type { Release } from './release.ts';

/** Everything of an app and environment on a host, read in this run: what a removal is planned from. */
export interface EnvironmentInventory {
  readonly host: HostName;
  /** The release that has the traffic. */
  readonly live: ReleaseId | undefined;
  /** The releases that have a record. */
  readonly releases: readonly Release[];
  /** What the environment has on the volume of the front; `undefined` if no container mounts that volume. */
  readonly front: OwnPartOfFront | undefined;
  readonly containers: readonly InventoryContainer[];
  readonly networks: readonly InventoryNetwork[];
  /** Images of its releases, and those with a tag of the environment. */
  readonly images: readonly InventoryImage[];
  /** The volumes of the Compose file. An external one is the user's own and not among them. */
  readonly volumes: readonly InventoryVolume[];
  /** Volumes with files of the checkout. */
  readonly fileVolumes: readonly InventoryVolume[];
  /** The volume with the edge's files and the records. */
  readonly state: InventoryVolume | undefined;
}

export interface OwnPartOfFront {
  /** A container with the volume, in which the files can be removed while it runs: the front, or the app's edge. */
  readonly container: { readonly id: string; readonly name: string; readonly running: boolean };
  readonly domains: readonly string[];
  /** Whether the directories of the edge's sockets exist. */
  readonly hasFolders: boolean;
  /** Whether the front is there, the edge uses it, and no other app has a domain on it. */
  readonly isLastApp: boolean;
}

export interface InventoryContainer {
  readonly id: string;
  readonly name: string;
  /** `release`: also the containers of hooks and trials. */
  readonly part: 'edge' | 'release' | 'accessory' | 'records';
  /** Volumes without a name of their own, such as those that an image declares. */
  readonly anonymousVolumes: readonly string[];
  readonly running: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface InventoryNetwork {
  readonly id: string;
  readonly name: string;
  /** Names of running containers on it that are not of this environment. */
  readonly usedBy: readonly string[];
}

export interface InventoryVolume {
  readonly name: string;
  /** Names of containers that mount it and are not of this environment, running or not. */
  readonly usedBy: readonly string[];
}

export interface InventoryImage {
  readonly id: string;
  /** The tags of this environment: `sealift/shop-staging:1a2b3c4d-0`. */
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  /** Another tag or the container of another app needs it. */
  readonly usedElsewhere: boolean;
}
