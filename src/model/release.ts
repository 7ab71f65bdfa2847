import type { ComposeConfig } from './compose-config.ts';
import type { ReleaseId, ServiceName } from './identifiers.ts';
import type { PinnedImage } from './image.ts';
import type { Route, TrustedProxies } from './route.ts';

/**
 * How a released service is replaced.
 * - served: the edge sends requests to it; old and new run at the same time
 * - internal: a served service needs it (`depends_on`, `links`), it has `expose`, or it does its work and ends; starts with the
 *   served ones
 * - worker: gets no requests; starts after the bake time, just before the old ones stop
 * - exclusive: can't run twice (a fixed address, host ports that are not HTTP, …); the old one stops, then the new one starts
 */
export type Role = 'served' | 'internal' | 'worker' | 'exclusive';

export interface ReleasedService {
  readonly name: ServiceName;
  readonly image: PinnedImage;
  readonly role: Role;
  /** Why a service is exclusive, for the plan and the log: `network_mode: host`. */
  readonly exclusiveReason: string | undefined;
  readonly replicas: number;
  /** `deploy.update_config`; left out if the file has none. */
  readonly update?: UpdateConfig | undefined;
  /** It does its work and ends with 0, before traffic moves: `restart: "no"`, or another service waits until it has completed. */
  readonly oneShot: boolean;
  /** It runs on, or ends with 0 when its work is done: nothing in the file says which. Left out for all others. */
  readonly mayEnd?: true;
  /**
   * The `container_name` in the file. Kept containers of earlier releases would occupy it, so it is removed from the Compose
   * file of the release and becomes an alias on the networks of the service.
   */
  readonly containerName?: string | undefined;
}

/** Whether a service ends by itself, with exit code 0. */
export type Ending = 'never' | 'maybe' | 'always';

/** Whether a released service ends; one that is not known runs on. */
export function endingOf(service: Pick<ReleasedService, 'oneShot' | 'mayEnd'> | undefined): Ending {
  if (service?.oneShot === true) return 'always';
  return service?.mayEnd === true ? 'maybe' : 'never';
}

/** `deploy.update_config` of a service, with the defaults of the Compose specification. */
export interface UpdateConfig {
  /** Replicas per batch; 0 means all. */
  readonly parallelism: number;
  readonly order: 'start-first' | 'stop-first';
  /** Milliseconds between two batches. */
  readonly delay: number;
  /** Milliseconds in which a new replica must not exit. */
  readonly monitor: number;
  /** Share of the replicas that may fail, from 0 to 1. */
  readonly maxFailureRatio: number;
  readonly failureAction: 'rollback' | 'continue';
}

export interface HealthSettings {
  /** The edge requests it from a served service without HEALTHCHECK: `/up`. */
  readonly path: string | undefined;
  /** The `Host` of the requests; left out: the first domain, or `localhost` without domains. */
  readonly host?: string | undefined;
  /** The status codes that `path` may answer with; left out: 200 to 399. */
  readonly status?: readonly number[] | undefined;
  /** Milliseconds in which a release must become healthy. */
  readonly timeout: number;
}

/** A condition of `depends_on` that an accessory must meet before the release starts. */
export interface AccessoryCondition {
  readonly service: ServiceName;
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  /** `required: false`: the release starts all the same if it is not met. */
  readonly optional?: true;
}

/** Accessories that start between services of a release: these need them, and they need others of its services. */
export interface AccessoryRound {
  /** The services of the release that they need, directly or not. */
  readonly after: readonly ServiceName[];
  readonly accessories: readonly ServiceName[];
}

/** Who created a release, from what, and in which run. */
export interface Origin {
  /** Full commit SHA; `undefined` for an existing image without a label that names it. */
  readonly revision: string | undefined;
  /** `main`, `v1.2.0`, … */
  readonly ref: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  readonly repository: string | undefined;
  /** The registry that the input `image` named, or its default: what a login without a registry was for. */
  readonly registry?: string | undefined;
  /** `direct`: its images are in no registry. Left out for those that are. */
  readonly imageTransfer?: 'direct' | undefined;
  /**
   * Of images that are in no registry, what an engine may call them: the digests of their configs and manifests. An engine with the
   * classic image store knows such an image by nothing else.
   */
  readonly imageIds?: Readonly<Record<PinnedImage, readonly string[]>> | undefined;
  /**
   * Of the same images, the chain ids of their layers, one for each platform. An engine with the containerd image store has another id for
   * a copy from one with the classic store, because its layers are compressed anew; what they unpack to is the same.
   */
  readonly imageChains?: Readonly<Record<PinnedImage, readonly string[]>> | undefined;
  /** Tags of the images, without the repository. */
  readonly tags: readonly string[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/**
 * A secret or config of a read-only container. Compose can't copy it there, so Sealift writes it into an anonymous volume
 * after the container is created and before it starts.
 */
export interface InlineFile {
  readonly service: ServiceName;
  /** Absolute path; an anonymous volume of the container. */
  readonly folder: string;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** The variable in `ConfidentialValues` with its content, or the content itself if the Compose file contains it. */
  readonly from: { readonly variable: string } | { readonly content: string };
}

/** Image digests, resolved Compose config and variables under one id; immutable. Recorded on every host. */
export interface Release {
  readonly id: ReleaseId;
  readonly app: string;
  readonly environment: string;
  readonly services: Readonly<Record<ServiceName, ReleasedService>>;
  readonly routes: readonly Route[];
  /** Why no part of it can run beside the old release; then the whole release is recreated. */
  readonly recreateReason: string | undefined;
  /** The released services. Their networks and volumes are external; their own network is `slot` (see `renderRelease`). */
  readonly compose: ComposeConfig;
  /** Accessories, networks and volumes: the project `<app>-<environment>`. */
  readonly base: ComposeConfig;
  /**
   * Volumes that keep the name that they had before Sealift, by their key in the Compose file. A release has them under that
   * name on every host.
   */
  readonly adopted?: Readonly<Record<string, string>>;
  /** Fingerprint of the definition of each accessory. */
  readonly definitions?: Readonly<Record<ServiceName, string>> | undefined;
  readonly conditions: readonly AccessoryCondition[];
  /** Accessories that depend on a released service and that no service but workers needs. They start after the bake. */
  readonly lateAccessories: readonly ServiceName[];
  /** In the order in which they start. Left out if there are none. */
  readonly accessoryRounds?: readonly AccessoryRound[];
  /** Accessories that end, or may end. Left out if there are none. */
  readonly accessoryEndings?: Readonly<Record<ServiceName, Ending>>;
  /**
   * Names of the environment variables with the contents of secrets and configs for `docker compose`. Their values
   * (`ConfidentialValues`) are never part of a record.
   */
  readonly confidential: readonly string[];
  readonly files?: readonly InlineFile[];
  readonly health: HealthSettings;
  /** A setting of its edge. It does not count for the id; a rollback keeps that of the release it replaces. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** The id of its content alone, if `force` gave it another id. */
  readonly contentId?: ReleaseId | undefined;
  readonly origin: Origin;
}

/** The part of a release that is known before its images, enough for the preflight checks. */
export interface ReleaseOutline
  extends Pick<Release, 'app' | 'environment' | 'routes' | 'base' | 'recreateReason'> {
  readonly services: Readonly<
    Record<ServiceName, Pick<ReleasedService, 'name' | 'role' | 'exclusiveReason' | 'replicas' | 'update'>>
  >;
}

/** Contents of secrets and configs by variable name. Only in memory, never recorded. */
export type ConfidentialValues = ReadonlyMap<string, string>;
