import type { PinnedImage } from './image.ts';

/** Eight hex digits over everything a release is made of: equal content, equal id, on every host. */
export type ReleaseId = string;
export type ServiceName = string;

/** Half of an edge's room: the live release stands in one slot, the next one is made ready in the other. */
export type Slot = 'blue' | 'green';
export const SLOTS = ['blue', 'green'] as const;
export const otherSlot = (slot: Slot): Slot => (slot === 'blue' ? 'green' : 'blue');

/** A resolved Compose file as `docker compose config --format json` prints it: plain data of the Compose specification. */
export interface ComposeConfig {
  readonly name?: string;
  readonly services: Readonly<Record<ServiceName, ComposeService>>;
  readonly networks?: Readonly<Record<string, ComposeObject | null>>;
  readonly volumes?: Readonly<Record<string, ComposeObject | null>>;
  readonly secrets?: Readonly<Record<string, ComposeObject>>;
  readonly configs?: Readonly<Record<string, ComposeObject>>;
}
export type ComposeService = ComposeObject;
export interface ComposeObject {
  readonly [key: string]: unknown;
}

/**
 * What a released service is to its release.
 * - served: the edge sends requests to it; old and new stand side by side
 * - internal: a served service needs it (`depends_on`, `links`) or it has `expose`; starts with the served ones
 * - worker: nothing asks it; starts when the release is accepted, just before the old ones stop
 * - exclusive: can't stand twice (`container_name`, host ports that are not HTTP, …); the old one stops, then the new one starts
 */
export type Role = 'served' | 'internal' | 'worker' | 'exclusive';

export interface ReleasedService {
  readonly name: ServiceName;
  readonly image: PinnedImage;
  readonly role: Role;
  /** Why a service is exclusive, for the plan and the log: `container_name: db can't stand twice`. */
  readonly because: string | undefined;
  readonly replicas: number;
  /** How its replicas are replaced one after another; left out where the file says nothing. */
  readonly update?: UpdateConfig | undefined;
  /** `service_completed_successfully` is asked of it: it ends with 0 instead of staying up. */
  readonly oneShot: boolean;
  /**
   * The `container_name` it has in the file. Kept containers of former releases would hold it, so Compose is not given it;
   * on its networks it is an alias.
   */
  readonly containerName?: string | undefined;
}

/** `deploy.update_config` of a service, by the Compose specification, with its defaults where it says nothing. */
export interface UpdateConfig {
  /** Replicas at a time; 0 is all at once. */
  readonly parallelism: number;
  readonly order: 'start-first' | 'stop-first';
  /** Milliseconds between two batches. */
  readonly delay: number;
  /** Milliseconds in which a new replica is watched for its death. */
  readonly monitor: number;
  /** Share of the replicas that may fail. */
  readonly maxFailureRatio: number;
  readonly failureAction: 'rollback' | 'continue';
}

/** A way in from outside: published ports and domains that lead to one container port of one service. */
export interface Route {
  /** How the edge calls it, by what the visitor sees: `8080`. Names files: letters, digits, `-`, `_` and `.` only. */
  readonly id: string;
  readonly service: ServiceName;
  readonly containerPort: number;
  readonly published: readonly PublishedPort[];
  readonly domains: readonly string[];
}

export interface PublishedPort {
  /** The host address to listen on; `undefined` is all of them. */
  readonly address: string | undefined;
  readonly port: number;
}

export interface HealthSettings {
  /** Asked from the edge where a served service has no HEALTHCHECK: `/up`. */
  readonly path: string | undefined;
  /** Milliseconds in which a release must become healthy. */
  readonly timeout: number;
}

/** What the release's Compose file asked of an accessory before it may start. */
export interface AccessoryCondition {
  readonly service: ServiceName;
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
}

/** Who made a release, from what, where to read about it. */
export interface Origin {
  /** Full commit SHA; `undefined` when only an image was given and its label names none. */
  readonly revision: string | undefined;
  /** `main`, `v1.2.0`, … */
  readonly ref: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  readonly repository: string | undefined;
  /** Tags of the images, without the repository. */
  readonly tags: readonly string[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/**
 * A secret or config of a read-only container. Compose refuses to copy it there, so it is written into an anonymous volume at
 * its folder, between the making of the container and its start.
 */
export interface InlineFile {
  readonly service: ServiceName;
  /** Absolute; an anonymous volume of the container. */
  readonly folder: string;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** The variable in `Confidential` that holds its content, or the content itself where the file says it. */
  readonly from: { readonly variable: string } | { readonly content: string };
}

/** Image digests + resolved Compose config + variables under one id; immutable. Recorded on every host as it is. */
export interface Release {
  readonly id: ReleaseId;
  readonly app: string;
  readonly environment: string;
  readonly services: Readonly<Record<ServiceName, ReleasedService>>;
  readonly routes: readonly Route[];
  /** Why no part of it can stand beside the old release, if that is so: the whole release is recreated. */
  readonly wholeRecreate: string | undefined;
  /** The released services. Its networks and volumes are external, its own network is `slot` (see `renderRelease`). */
  readonly compose: ComposeConfig;
  /** Accessories, networks and volumes; project `<app>-<environment>`. */
  readonly base: ComposeConfig;
  /** Fingerprints of the definitions of its accessories. */
  readonly definitions?: Readonly<Record<ServiceName, string>> | undefined;
  readonly conditions: readonly AccessoryCondition[];
  /** Accessories that themselves depend on a released service: brought up after the release is accepted. */
  readonly lateAccessories: readonly ServiceName[];
  /**
   * Names of environment variables that hold the contents of secrets and configs while `docker compose` runs. Their
   * values are kept apart (`Confidential`) and are never part of a record.
   */
  readonly confidential: readonly string[];
  /** Left out where there are none. */
  readonly files?: readonly InlineFile[];
  readonly health: HealthSettings;
  /** The id that its content alone would give, where it was made anew all the same (`force`). */
  readonly sameAs?: ReleaseId | undefined;
  readonly origin: Origin;
}

/** What of a release is known before its images are: enough to look for what is in its way. */
export interface ReleaseOutline
  extends Pick<Release, 'app' | 'environment' | 'routes' | 'base' | 'wholeRecreate'> {
  readonly services: Readonly<
    Record<ServiceName, Pick<ReleasedService, 'name' | 'role' | 'because' | 'replicas' | 'update'>>
  >;
}

/** Contents of secrets and configs by variable name; travels beside a release, in memory only. */
export type ConfidentialValues = ReadonlyMap<string, string>;

/** An app in one of its environments: what a deploy is for, and what the names and labels on a host are made from. */
export interface AppEnvironment {
  readonly app: string;
  readonly environment: string;
}

/** `<app>-<environment>`: the Compose project of the accessories, and the prefix of every name that Sealift makes for them. */
export function baseProject(appEnvironment: AppEnvironment): string {
  return `${appEnvironment.app}-${appEnvironment.environment}`;
}

/** `<app>-<environment>-<release>`: the Compose project of one release. */
export function releaseProject(release: AppEnvironment & { readonly id: ReleaseId }): string {
  return `${baseProject(release)}-${release.id}`;
}

/** The network of a slot: the edge and the slot's release are on it, so a release resolves its own services first. */
export function slotNetwork(appEnvironment: AppEnvironment, slot: Slot): string {
  return `${baseProject(appEnvironment)}-${slot}`;
}

/** Labels on everything that Sealift makes; what has none of them is never touched. */
export const LABEL = {
  app: 'sealift.app',
  environment: 'sealift.environment',
  release: 'sealift.release',
  /** Of the slots' networks. In which slot a container is, its networks alone tell: it can be moved. */
  slot: 'sealift.slot',
  role: 'sealift.role',
  /** The restart policy that a container is to have while its release may run: `always`, `on-failure:3`. */
  restart: 'sealift.restart',
  /** Fingerprint of the definition that an accessory was made from. */
  definition: 'sealift.definition',
  edge: 'sealift.edge',
} as const;

/** The labels by which everything of an app and environment is found again. */
export function labelsOf({ app, environment }: AppEnvironment): Readonly<Record<string, string>> {
  return { [LABEL.app]: app, [LABEL.environment]: environment };
}
