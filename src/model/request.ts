import type { HostAddress } from './host-address.ts';
import type { ImageReference } from './image.ts';
import type { ServiceName } from './release.ts';
import type { CanaryLimits, Strategy } from './strategy.ts';

export interface SshAccess {
  readonly privateKey: string;
  readonly passphrase: string | undefined;
  readonly knownHosts: string;
  /** Extra lines of ssh_config(5), such as ProxyJump. */
  readonly config: string;
}

/** PEM texts. */
export interface TlsAccess {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Access {
  readonly ssh: SshAccess | undefined;
  readonly tls: TlsAccess | undefined;
}

/** What the user gave to log in with; which registry it is for follows from the images. See `loginsFor`. */
export interface RegistryCredentials {
  readonly login: { readonly username: string; readonly password: string } | undefined;
  /** The job's own token, which GitHub's container registry takes as a password. */
  readonly token: { readonly username: string; readonly password: string } | undefined;
}

export interface RegistryLogin {
  /** Host of the registry, as in `docker login HOST`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

export interface BuildOptions {
  readonly context: string;
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: readonly string[];
  /** `id=value`, the value possibly of several lines; values never reach argv. */
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
  /** Tags beyond the commit's, templates not yet filled in: `latest`, `{{branch}}`. */
  readonly tags: readonly string[];
  /** Commands by service, to be run in this order; the key '' is for the only image. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
  readonly rebuild: boolean;
}

/** Images that this step builds. */
export interface BuildImageSource {
  readonly kind: 'build';
  readonly repository: string;
  readonly options: BuildOptions;
}

/** Images that exist already. */
export interface ExistingImageSource {
  readonly kind: 'existing';
  /** By service; the key '' is what `${IMAGE}` stands for. A tag is resolved to a digest once, before anything else. */
  readonly images: ReadonlyMap<string, ImageReference>;
}

export type ImageSource = BuildImageSource | ExistingImageSource;

export interface ComposeFiles {
  /** Compose files in the checkout, later ones over earlier; `undefined` = none: a minimal one is made, or not needed. */
  readonly files: readonly string[] | undefined;
  /** KEY=VALUE for interpolation. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface ComposeSource extends ComposeFiles {
  /** For the minimal file: `8080`, the container's port, or `80:8080`, published:container. */
  readonly port: string | undefined;
  /** For the minimal file: `name:/path` or `/host/path:/path`, each possibly with `:ro` or `:rw`. */
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
  /** Text that the body contains, or a pattern that it matches. */
  readonly body: string | RegExp | undefined;
  /** Milliseconds in which it must have answered as expected. */
  readonly timeout: number;
}

export interface DeploymentTarget {
  readonly app: string;
  readonly environment: string;
  readonly hosts: readonly HostAddress[];
  readonly access: Access;
}

/**
 * How many hosts move at once: all of them; or the first alone, as a pilot, and then as many as this at a time.
 */
export type Waves =
  | { readonly kind: 'all' }
  | { readonly kind: 'hosts'; readonly atMost: number }
  | { readonly kind: 'share'; readonly percent: number };

/** A command, possibly of several lines, and the service in whose container it runs; '' where no service is named. */
export interface CommandLine {
  readonly service: ServiceName | '';
  readonly command: string;
}

/** How traffic moves and how the result is judged: what deploys and rollbacks share. */
export interface RolloutOptions {
  /** Milliseconds; the longest a request in flight is waited for. */
  readonly drainTimeout: number;
  readonly url: UrlCheck | undefined;
  readonly dryRun: boolean;
  readonly edgeImage: string;
  readonly acme: {
    readonly directory: string | undefined;
    readonly email: string | undefined;
    readonly ca: string | undefined;
  };
}

/** Who sends requests to releases: Sealift's Caddy, or a proxy of the user's own. */
export type EdgeKind = 'caddy' | 'none';

export interface DeployOptions extends RolloutOptions {
  readonly compose: ComposeSource;
  /** `undefined`: chosen by what the edge can serve. */
  readonly strategy: Strategy | undefined;
  readonly healthPath: string | undefined;
  /** Milliseconds. */
  readonly healthTimeout: number;
  readonly keep: number;
  /** Milliseconds in which a release that has all the traffic is watched while the old one still runs warm. */
  readonly bake: number;
  readonly limits: CanaryLimits;
  /** Makes a new release although nothing has changed. */
  readonly force: boolean;
  /** What becomes of accessories whose definition has changed. */
  readonly accessories: 'leave' | 'update';
  /** In the order in which they are run. */
  readonly beforeRelease: readonly CommandLine[];
  readonly afterRelease: readonly CommandLine[];
  readonly edge: EdgeKind;
  readonly waves: Waves;
}

/** The whole delivery: images made now or given, then deployed. */
export interface DeliverRequest {
  readonly command: 'deliver';
  readonly source: ImageSource;
  readonly registry: RegistryCredentials;
  readonly target: DeploymentTarget;
  readonly options: DeployOptions;
}

export interface BuildRequest {
  readonly command: 'build';
  readonly source: BuildImageSource;
  readonly registry: RegistryCredentials;
  readonly compose: ComposeFiles;
}

export interface DeployRequest {
  readonly command: 'deploy';
  readonly source: ExistingImageSource;
  readonly registry: RegistryCredentials;
  readonly target: DeploymentTarget;
  readonly options: DeployOptions;
}

export interface RollbackRequest {
  readonly command: 'rollback';
  readonly target: DeploymentTarget;
  /** For images that are no longer on a host. */
  readonly registry: RegistryCredentials;
  /** A release id, the beginning of a commit SHA, a tag or a digest; `undefined` is the previous release. */
  readonly to: string | undefined;
  /** Milliseconds; `undefined`: what the release was deployed with. */
  readonly healthTimeout: number | undefined;
  readonly options: RolloutOptions;
}

export interface StatusRequest {
  readonly command: 'status';
  readonly target: DeploymentTarget;
}

/** What the user asks for, by the action that was used. */
export type ActionRequest = DeliverRequest | BuildRequest | DeployRequest | RollbackRequest | StatusRequest;
export type Command = ActionRequest['command'];
