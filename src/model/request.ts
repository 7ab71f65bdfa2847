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

/** A delivery: builds images, or takes existing ones, and deploys them. */
export interface DeliverRequest {
  readonly command: 'deliver';
  readonly orchestrator: 'docker';
  readonly source: ImageSource;
  readonly registry: RegistryCredentials;
  /** For GitHub's API, to look for attestations and to store them. */
  readonly token: string | undefined;
  readonly verification: ImageVerification;
  readonly destination: Destination;
  readonly gate: GateOptions;
  /** Whether a commit may replace one that it is an ancestor of. */
  readonly allowDowngrade: boolean;
  readonly options: DeployOptions;
}

export interface BuildRequest {
  readonly command: 'build';
  readonly source: BuildImageSource;
  readonly registry: RegistryCredentials;
  readonly compose: ComposeFiles;
  /** For GitHub's API. */
  readonly token: string | undefined;
}

export interface DeployRequest extends Omit<DeliverRequest, 'command' | 'source'> {
  readonly command: 'deploy';
  readonly source: ExistingImageSource;
}

/** The same to a swarm. */
export interface SwarmDeployRequest extends Omit<DeliverRequest, 'command' | 'orchestrator' | 'options'> {
  readonly command: 'deliver' | 'deploy';
  readonly orchestrator: 'swarm';
  readonly options: ClusterDeployOptions;
}

/** The same to Kubernetes. */
export interface KubernetesDeployRequest
  extends Omit<SwarmDeployRequest, 'orchestrator' | 'destination' | 'options'> {
  readonly orchestrator: 'kubernetes';
  readonly destination: KubernetesDestination;
  readonly options: KubernetesDeployOptions;
}

export type ClusterDeployRequest = SwarmDeployRequest | KubernetesDeployRequest;

export interface RollbackRequest {
  readonly command: 'rollback';
  readonly orchestrator: 'docker';
  readonly destination: Destination;
  readonly gate: GateOptions;
  /** For images that are no longer on a host. */
  readonly registry: RegistryCredentials;
  /** A release id, the beginning of a commit SHA, a tag or a digest; `undefined` means the previous release. */
  readonly to: string | undefined;
  /** Milliseconds; `undefined`: the value with which the release was deployed. */
  readonly healthTimeout: number | undefined;
  /** Contents of secrets and configs by name, in case the containers that have them are gone. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly options: RolloutOptions;
}

export interface SwarmRollbackRequest extends Omit<RollbackRequest, 'orchestrator' | 'options' | 'secrets'> {
  readonly orchestrator: 'swarm';
  readonly options: ClusterOptions;
}

export interface KubernetesRollbackRequest
  extends Omit<SwarmRollbackRequest, 'orchestrator' | 'destination'> {
  readonly orchestrator: 'kubernetes';
  readonly destination: KubernetesDestination;
  /** As for the deploy. */
  readonly pullSecret: string | undefined;
}

export type ClusterRollbackRequest = SwarmRollbackRequest | KubernetesRollbackRequest;

export interface StatusRequest {
  readonly command: 'status';
  readonly orchestrator: 'docker' | 'swarm';
  readonly destination: Destination;
}

export interface KubernetesStatusRequest {
  readonly command: 'status';
  readonly orchestrator: 'kubernetes';
  readonly destination: KubernetesDestination;
}

/** Takes an app's environment away from its hosts. */
export interface RemoveRequest {
  readonly command: 'remove';
  readonly orchestrator: 'docker';
  readonly destination: Destination;
  readonly gate: GateOptions;
  /** Whether the volumes of the Compose file, with their data, go too. */
  readonly removeVolumes: boolean;
  readonly dryRun: boolean;
  /** Milliseconds to wait for other runs that change the same environment. */
  readonly lockTimeout: number;
}

export interface SwarmRemoveRequest extends Omit<RemoveRequest, 'orchestrator'> {
  readonly orchestrator: 'swarm';
  /** They are on the nodes, which no manager reaches. */
  readonly removeVolumes: false;
}

export interface KubernetesRemoveRequest extends Omit<RemoveRequest, 'orchestrator' | 'destination'> {
  readonly orchestrator: 'kubernetes';
  readonly destination: KubernetesDestination;
}

export type ClusterRemoveRequest = SwarmRemoveRequest | KubernetesRemoveRequest;

/** Breaks the lock of an app's environment on its hosts. */
export interface UnlockRequest {
  readonly command: 'unlock';
  readonly orchestrator: 'docker';
  readonly destination: Destination;
  readonly gate: GateOptions;
  readonly dryRun: boolean;
}

export interface SwarmUnlockRequest extends Omit<UnlockRequest, 'orchestrator'> {
  readonly orchestrator: 'swarm';
}

export interface KubernetesUnlockRequest extends Omit<UnlockRequest, 'orchestrator' | 'destination'> {
  readonly orchestrator: 'kubernetes';
  readonly destination: KubernetesDestination;
}

export type ClusterUnlockRequest = SwarmUnlockRequest | KubernetesUnlockRequest;

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
  readonly deliver: DeliverRequest | ClusterDeployRequest;
  readonly build: BuildRequest;
  readonly deploy: DeployRequest | ClusterDeployRequest;
  readonly rollback: RollbackRequest | ClusterRollbackRequest;
  readonly status: StatusRequest | KubernetesStatusRequest;
  readonly remove: RemoveRequest | ClusterRemoveRequest;
  readonly unlock: UnlockRequest | ClusterUnlockRequest;
  readonly logs: LogsRequest;
  readonly export: ExportRequest;
  readonly import: ImportRequest;
  readonly gate: GateRequest;
}

export type Command = keyof Requests;

export type ActionRequest = Requests[Command];
