import type { HostName } from './host.ts';
import type { ImageReference } from './image.ts';

/** One host of the fleet as the user named it. */
export type HostAddress =
  | { readonly kind: 'ssh'; readonly name: HostName; readonly user: string | undefined; readonly hostname: string; readonly port: number | undefined }
  | { readonly kind: 'tcp'; readonly name: HostName; readonly hostname: string; readonly port: number }
  | { readonly kind: 'unix'; readonly name: HostName; readonly path: string };

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
  /** `id=value` or `id=src` lines as buildx knows them; values never reach argv. */
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
  /** Commands by service; the key '' is for the only image. */
  readonly tests: ReadonlyMap<string, string>;
  readonly rebuild: boolean;
}

/** The images to deliver: made now, or given. */
export type ImageSource =
  | { readonly kind: 'build'; readonly repository: string; readonly options: BuildOptions }
  /** By service; the key '' is what `${IMAGE}` stands for. A tag is resolved to a digest once, before anything else. */
  | { readonly kind: 'given'; readonly images: ReadonlyMap<string, ImageReference> };

export interface ComposeSource {
  /** Compose files in the checkout, later ones over earlier; `undefined` = none: a minimal one is made. */
  readonly files: readonly string[] | undefined;
  /** KEY=VALUE for interpolation. */
  readonly variables: ReadonlyMap<string, string>;
  /** For the minimal file. */
  readonly port: string | undefined;
  readonly volumes: readonly string[];
  /** Domain → `service:port`, or `undefined` where only one way in exists. */
  readonly domains: ReadonlyMap<string, { readonly service: string; readonly port: number | undefined } | undefined>;
}

export interface UrlCheck {
  readonly url: string;
  readonly status: readonly number[];
  readonly body: string | undefined;
}

export interface Target {
  readonly app: string;
  readonly environment: string;
  readonly hosts: readonly HostAddress[];
  readonly access: Access;
}

export type Strategy = 'blue-green' | 'recreate';

export interface DeployOptions {
  readonly compose: ComposeSource;
  readonly strategy: Strategy | undefined;
  readonly healthPath: string | undefined;
  /** Milliseconds. */
  readonly healthTimeout: number;
  /** Milliseconds; the longest a request in flight is waited for. */
  readonly drainTimeout: number;
  readonly url: UrlCheck | undefined;
  readonly keep: number;
  readonly dryRun: boolean;
  readonly edgeImage: string;
  readonly acme: { readonly directory: string | undefined; readonly email: string | undefined; readonly ca: string | undefined };
}
