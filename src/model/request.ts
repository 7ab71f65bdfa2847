import type { HostAccess } from './access.ts';
import type { AddressRange } from './address-range.ts';
import type { ApprovalMode } from './approval.ts';
import type { HostAddress } from './host-address.ts';
import type { ServiceName } from './identifiers.ts';
import type { ImageReference } from './image.ts';
import type { AppEnvironment, HealthSettings, TrustedProxies } from './release.ts';
import type { CanaryLimits, Strategy } from './strategy.ts';

/** A user name and a password, without the registry that they are for. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The logins that the user gave. Each goes to its registry and to no other, whichever the Compose file names. */
export interface RegistryCredentials {
  /** For registries that the inputs name. */
  readonly logins: readonly RegistryLogin[];
  /** A login for which no input names a registry: see image/login.ts. */
  readonly unnamed: Credentials | undefined;
  /** The token of the job, which GitHub's container registry accepts as a password; only for a job of github.com. */
  readonly token: Credentials | undefined;
}

export interface RegistryLogin extends Credentials {
  /** Host of the registry, as in `docker login HOST`. */
  readonly registry: string;
}

export interface BuildOptions {
  readonly context: string;
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: readonly string[];
  /** `id=value`; a value may have several lines. Values never reach argv. */
  readonly buildSecrets: readonly string[];
  readonly platforms: readonly string[];
  readonly labels: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly provenance: string | undefined;
  readonly sbom: string | undefined;
  readonly pull: boolean;
  readonly noCache: boolean;
  readonly addHosts: readonly string[];
  readonly buildContexts: readonly string[];
  /** Tags in addition to the commit SHA, with unfilled templates: `latest`, `{{branch}}`. */
  readonly tags: readonly string[];
  /** Commands by service, in order; the key '' is for the only image. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
  readonly rebuild: boolean;
}

/** Images that this step builds. */
export interface BuildImageSource {
  readonly kind: 'build';
  readonly repository: string;
  /** Whether the input `image` names the repository. Otherwise it is GitHub's registry, under the name of this one. */
  readonly isRepositoryGiven: boolean;
  readonly options: BuildOptions;
}

/** Images that exist already. */
export interface ExistingImageSource {
  readonly kind: 'existing';
  /** By service; the key '' is `${IMAGE}`. A tag is resolved to a digest once, before anything else. */
  readonly images: ReadonlyMap<string, ImageReference>;
}

export type ImageSource = BuildImageSource | ExistingImageSource;

export interface ComposeFiles {
  /** Later files override earlier ones. `undefined`: none, so a minimal one is generated or none is needed. */
  readonly files: readonly string[] | undefined;
  /** For interpolation in the files. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface ComposeSource extends ComposeFiles {
  /** For the minimal file: the container port (`8080`), or published and container port (`80:8080`). */
  readonly port: string | undefined;
  /** For the minimal file: `name:/path` or `/host/path:/path`, perhaps with `:ro` or `:rw`. */
  readonly volumes: readonly string[];
  /** By domain (lower case, ASCII); `undefined` means the only route. */
  readonly domains: ReadonlyMap<string, ServiceAndPort | undefined>;
}

export interface ServiceAndPort {
  readonly service: ServiceName;
  /** `undefined` means the only port. */
  readonly port: number | undefined;
}

export interface UrlCheck {
  readonly url: string;
  readonly status: readonly number[];
  /** A text that the body must contain, or a pattern that it must match. */
  readonly body: string | RegExp | undefined;
  /** Milliseconds until it must answer as expected. */
  readonly timeout: number;
}

/** Where a release goes: an environment of an app, its hosts, and how they are reached. */
export interface Destination extends AppEnvironment {
  readonly hosts: readonly HostAddress[];
  readonly access: HostAccess;
  /** Where the addresses of new networks are taken from; `undefined`: from a pool of the engine. */
  readonly networkRange: AddressRange | undefined;
}

/** How many hosts are updated at a time: all; or first one alone, as a pilot, and then this many. */
export type Waves =
  | { readonly kind: 'all' }
  | { readonly kind: 'hosts'; readonly atMost: number }
  | { readonly kind: 'share'; readonly percent: number };

/** A command, possibly of several lines, and the service in whose container it runs; '' if no service is named. */
export interface CommandLine {
  readonly service: ServiceName | '';
  readonly command: string;
}

/** The options that deploys and rollbacks share. */
export interface RolloutOptions {
  /** Milliseconds; the longest wait for requests in flight. */
  readonly drainTimeout: number;
  readonly url: UrlCheck | undefined;
  readonly dryRun: boolean;
  /** Milliseconds to wait for other runs that change the same environment. */
  readonly lockTimeout: number;
  readonly edgeImage: string;
  readonly acme: {
    readonly directory: string | undefined;
    readonly email: string | undefined;
    readonly ca: string | undefined;
  };
}

/** Whether and how the approval of a run is checked. */
export interface GateOptions {
  readonly approval: ApprovalMode;
  /** Whether the person who started the run may be the only one who approved it. */
  readonly allowSelfApproval: boolean;
  /** Refuses what may be an approval, but is not proved to be one. */
  readonly strict: boolean;
  /** The check run of this job, which names its environment; `undefined` if the runner does not know it. */
  readonly checkRunId: number | undefined;
  /** For GitHub's API. */
  readonly token: string | undefined;
}

/** Which proxy sends requests to releases: Caddy by Sealift, or a proxy of the user. */
export type EdgeKind = 'caddy' | 'none';

export interface DeployOptions extends RolloutOptions {
  readonly compose: ComposeSource;
  /** `undefined`: Sealift chooses. */
  readonly strategy: Strategy | undefined;
  readonly health: HealthSettings;
  readonly keep: number;
  /** Milliseconds in which a release that has all the traffic is watched while the old one still runs. */
  readonly bake: number;
  readonly limits: CanaryLimits;
  /** Creates a new release even if nothing has changed. */
  readonly force: boolean;
  /** What happens to accessories whose definition has changed. */
  readonly accessories: 'leave' | 'update';
  /** Whether a deployment by `docker compose up -d` is taken over; `undefined`: if there is one in the way, the deploy is refused. */
  readonly adopt: boolean | undefined;
  /** In the order of execution. */
  readonly beforeRelease: readonly CommandLine[];
  readonly afterRelease: readonly CommandLine[];
  readonly edge: EdgeKind;
  readonly trustedProxies: TrustedProxies | undefined;
  readonly waves: Waves;
}

/** What runs the containers: Sealift itself on single engines, or an orchestrator. */
export type Orchestrator = 'docker' | ClusterKind;
/** The orchestrators that run a release on nodes of their own choice. */
export type ClusterKind = 'swarm';

/** The options that deploys to a cluster and rollbacks there share. */
export interface ClusterOptions extends Pick<RolloutOptions, 'url' | 'dryRun'> {}

/** The options of a deploy to a cluster, which schedules, heals and moves traffic by itself. */
export interface ClusterDeployOptions
  extends ClusterOptions,
    Pick<DeployOptions, 'compose' | 'keep' | 'force' | 'accessories' | 'beforeRelease' | 'afterRelease'> {
  /** Milliseconds that a workload may go without progress. */
  readonly healthTimeout: number;
}

/** A delivery: builds images, or takes existing ones, and deploys them. */
export interface DeliverRequest {
  readonly command: 'deliver';
  readonly orchestrator: 'docker';
  readonly source: ImageSource;
  readonly registry: RegistryCredentials;
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
}

export interface DeployRequest extends Omit<DeliverRequest, 'command' | 'source'> {
  readonly command: 'deploy';
  readonly source: ExistingImageSource;
}

/** The same to a cluster. */
export interface ClusterDeployRequest extends Omit<DeliverRequest, 'command' | 'orchestrator' | 'options'> {
  readonly command: 'deliver' | 'deploy';
  readonly orchestrator: ClusterKind;
  readonly options: ClusterDeployOptions;
}

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
  readonly options: RolloutOptions;
}

export interface ClusterRollbackRequest extends Omit<RollbackRequest, 'orchestrator' | 'options'> {
  readonly orchestrator: ClusterKind;
  readonly options: ClusterOptions;
}

export interface StatusRequest {
  readonly command: 'status';
  readonly orchestrator: Orchestrator;
  readonly destination: Destination;
}

/** Takes an app's environment away from its hosts. */
export interface RemoveRequest {
  readonly command: 'remove';
  readonly destination: Destination;
  readonly gate: GateOptions;
  /** Whether the volumes of the Compose file, with their data, go too. */
  readonly removeVolumes: boolean;
  readonly dryRun: boolean;
  /** Milliseconds to wait for other runs that change the same environment. */
  readonly lockTimeout: number;
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
  readonly status: StatusRequest;
  readonly remove: RemoveRequest;
  readonly gate: GateRequest;
}
export type Command = keyof Requests;
export type ActionRequest = Requests[Command];
