import type { HostAccess } from './access.ts';
import type { AddressRange } from './address-range.ts';
import type { AppEnvironment } from './app-environment.ts';
import type { RegistryCredentials } from './credentials.ts';
import type {
  ClusterDeployOptions,
  ClusterOptions,
  ComposeFiles,
  ComposeSource,
  DeployCourse,
  DeployOptions,
  EdgeImages,
  EdgeKind,
  GateOptions,
  KubernetesDeployOptions,
  KubernetesRollbackOptions,
  RollbackOptions,
  RolloutOptions,
} from './deploy-options.ts';
import type { HostAddress } from './host-address.ts';
import type { ReleaseId, ServiceName } from './identifiers.ts';
import type { BuildImageSource, ExistingImageSource, ImageSource } from './image-source.ts';
import type { ImageVerification } from './image-verification.ts';
import type { KubernetesDestination } from './kubernetes.ts';
import type { HealthSettings } from './release.ts';

/** Where a release goes: an environment of an app, its hosts, and how they are reached. */
export interface Destination extends AppEnvironment {
  readonly hosts: readonly HostAddress[];
  readonly access: HostAccess;
  /** Where the addresses of new networks are taken from; `undefined`: from a pool of the engine. */
  readonly networkRange: AddressRange | undefined;
}

/** What runs the containers: Sealift itself on single engines, or an orchestrator. */
export type Orchestrator = 'docker' | ClusterKind;

/** The orchestrators that run a release on nodes of their own choice. */
export type ClusterKind = 'swarm' | 'kubernetes';

/** What is particular to each orchestrator: where a release goes, how it is deployed, and how one goes back. */
export interface Particulars {
  readonly docker: Particular<Destination, DeployOptions, RollbackOptions>;
  /** The hosts are its managers. */
  readonly swarm: Particular<Destination, ClusterDeployOptions, ClusterOptions>;
  readonly kubernetes: Particular<KubernetesDestination, KubernetesDeployOptions, KubernetesRollbackOptions>;
}

interface Particular<Place, Deploy, Rollback> {
  readonly destination: Place;
  readonly deploy: Deploy;
  readonly rollback: Rollback;
}

/** What is asked of an orchestrator. */
interface Targeted<Kind extends Orchestrator> {
  readonly orchestrator: Kind;
  readonly destination: Particulars[Kind]['destination'];
}

/** A delivery: builds images, or takes existing ones, and deploys them. `deploy` always takes existing ones. */
export interface DeliverRequest<Kind extends Orchestrator> extends Targeted<Kind> {
  readonly command: 'deliver' | 'deploy';
  readonly source: ImageSource;
  readonly registry: RegistryCredentials;
  /** For GitHub's API, to look for attestations and to store them. */
  readonly token: string | undefined;
  readonly verification: ImageVerification;
  readonly gate: GateOptions;
  /** Whether a commit may replace one that it is an ancestor of. */
  readonly allowDowngrade: boolean;
  readonly options: Particulars[Kind]['deploy'];
}

export interface RollbackRequest<Kind extends Orchestrator> extends Targeted<Kind> {
  readonly command: 'rollback';
  readonly gate: GateOptions;
  /** For images that are no longer on a host. */
  readonly registry: RegistryCredentials;
  /** A release id, the beginning of a commit SHA, a tag or a digest; `undefined` means the previous release. */
  readonly to: string | undefined;
  /** Milliseconds; `undefined`: the value with which the release was deployed. */
  readonly healthTimeout: number | undefined;
  readonly options: Particulars[Kind]['rollback'];
}

export interface StatusRequest<Kind extends Orchestrator> extends Targeted<Kind> {
  readonly command: 'status';
}

/** Takes an app's environment away from where it runs. */
export interface RemoveRequest<Kind extends Orchestrator> extends Targeted<Kind> {
  readonly command: 'remove';
  readonly gate: GateOptions;
  /** Whether the volumes of the app, with their data, go too. Never on a swarm: they are on nodes, which no manager reaches. */
  readonly removeVolumes: boolean;
  readonly dryRun: boolean;
  /** Milliseconds to wait for other runs that change the same environment. */
  readonly lockTimeout: number;
}

/** Breaks the lock of an app's environment where it runs. */
export interface UnlockRequest<Kind extends Orchestrator> extends Targeted<Kind> {
  readonly command: 'unlock';
  readonly gate: GateOptions;
  readonly dryRun: boolean;
}

/** What the user wants of an orchestrator. */
export interface TargetRequests<Kind extends Orchestrator> {
  readonly deliver: DeliverRequest<Kind>;
  readonly deploy: DeliverRequest<Kind>;
  readonly rollback: RollbackRequest<Kind>;
  readonly status: StatusRequest<Kind>;
  readonly remove: RemoveRequest<Kind>;
  readonly unlock: UnlockRequest<Kind>;
}

/** The commands that are about an app where it runs, whatever runs it there. */
export type TargetCommand = keyof TargetRequests<Orchestrator>;

type TargetRequest<Each extends TargetCommand> = {
  readonly [Kind in Orchestrator]: TargetRequests<Kind>[Each];
}[Orchestrator];

export interface BuildRequest {
  readonly command: 'build';
  readonly source: BuildImageSource;
  readonly registry: RegistryCredentials;
  readonly compose: ComposeFiles;
  /** For GitHub's API. */
  readonly token: string | undefined;
}

/** From when on lines are printed: milliseconds before now, or a time in milliseconds since the epoch. */
export type LogsSince = { readonly ago: number } | { readonly at: number };

/** Prints what the containers of a release have printed. */
export interface LogsRequest {
  readonly command: 'logs';
  readonly destination: Destination;
  /** `undefined`: the live one. */
  readonly release: ReleaseId | undefined;
  /** Empty: all services of the release. */
  readonly services: readonly ServiceName[];
  /** Lines of each container; `undefined`: all. */
  readonly tail: number | undefined;
  readonly since: LogsSince | undefined;
  /** Goes on with new lines until the run is ended. */
  readonly follow: boolean;
}

/** Writes a release with its images into a file. */
export interface ExportRequest extends AppEnvironment, EdgeImages {
  readonly command: 'export';
  readonly source: ExistingImageSource;
  readonly registry: RegistryCredentials;
  /** For attestations at GitHub. */
  readonly token: string | undefined;
  /** The other side reaches no registry, where signatures are: they are verified here. */
  readonly verification: ImageVerification;
  readonly compose: ComposeSource;
  readonly edge: EdgeKind;
  readonly health: HealthSettings;
  /** `linux/amd64`; at least one. */
  readonly platforms: readonly string[];
  /** A release that the other side has: its id, or the path of what was exported then. */
  readonly since: string | undefined;
  /** The folder for the file. */
  readonly path: string;
  /** An SSH key; `undefined`: the archive is not signed. */
  readonly signKey: string | undefined;
}

/** Deploys a release from a file. */
export interface ImportRequest {
  readonly command: 'import';
  readonly destination: Destination;
  /** The path of the file. */
  readonly archive: string;
  /** In the format of ssh-keygen; `undefined`: the signature is not verified. */
  readonly allowedSigners: string | undefined;
  /** Contents by the names of the secrets in the Compose file. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly gate: GateOptions;
  readonly allowDowngrade: boolean;
  readonly options: DeployCourse & Omit<RolloutOptions, keyof EdgeImages>;
}

/** A check of the environment of a later job. */
export interface GateRequest {
  readonly command: 'gate';
  readonly environment: string;
  readonly gate: GateOptions;
}

/** What the user wants, by the action that was used. */
export interface Requests {
  readonly deliver: TargetRequest<'deliver'>;
  readonly deploy: TargetRequest<'deploy'>;
  readonly rollback: TargetRequest<'rollback'>;
  readonly status: TargetRequest<'status'>;
  readonly remove: TargetRequest<'remove'>;
  readonly unlock: TargetRequest<'unlock'>;
  readonly build: BuildRequest;
  readonly logs: LogsRequest;
  readonly export: ExportRequest;
  readonly import: ImportRequest;
  readonly gate: GateRequest;
}

export type Command = keyof Requests;

export type ActionRequest = Requests[Command];
