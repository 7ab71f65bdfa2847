import type { ApprovalMode } from './approval.ts';
import type { ServiceName } from './identifiers.ts';
import type { ManifestSource } from './kubernetes.ts';
import type { HealthSettings } from './release.ts';
import type { TrustedProxies } from './route.ts';
import type { CanaryLimits, CanaryStep, Strategy } from './strategy.ts';

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
  /** The contents of secrets are not read: they are known elsewhere. */
  readonly withoutSecrets?: true;
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

/** The images of an edge that is created. */
export interface EdgeImages {
  readonly edgeImage: string;
  readonly tcpEdgeImage: string;
}

/** The options that deploys and rollbacks share. */
export interface RolloutOptions extends EdgeImages {
  /** Milliseconds; the longest wait for requests in flight. */
  readonly drainTimeout: number;
  readonly url: UrlCheck | undefined;
  readonly dryRun: boolean;
  /** Milliseconds to wait for other runs that change the same environment. */
  readonly lockTimeout: number;
  readonly acme: {
    readonly directory: string | undefined;
    readonly email: string | undefined;
    readonly ca: string | undefined;
  };
}

/** The options of a rollback on hosts. */
export interface RollbackOptions extends RolloutOptions {
  /** Contents of secrets and configs by name, in case the containers that have them are gone. */
  readonly secrets: ReadonlyMap<string, string>;
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

/** How a deploy proceeds: strategy, checks, retention. Not what is deployed. */
export interface DeployCourse {
  /** `undefined`: Sealift chooses. */
  readonly strategy: Strategy | undefined;
  readonly keep: number;
  /** Milliseconds in which a release that has all the traffic is watched while the old one still runs. */
  readonly bake: number;
  readonly limits: CanaryLimits;
  /** What happens to accessories whose definition has changed. */
  readonly accessories: 'leave' | 'update';
  /** In the order of execution. */
  readonly beforeRelease: readonly CommandLine[];
  readonly afterRelease: readonly CommandLine[];
  readonly trustedProxies: TrustedProxies | undefined;
  readonly waves: Waves;
}

export interface DeployOptions extends RolloutOptions, DeployCourse {
  readonly compose: ComposeSource;
  readonly health: HealthSettings;
  /** Creates a new release even if nothing has changed. */
  readonly force: boolean;
  /** Whether a deployment by `docker compose up -d` is taken over; `undefined`: if there is one in the way, the deploy is refused. */
  readonly adopt: boolean | undefined;
  readonly edge: EdgeKind;
}

/** The options that deploys to a cluster and rollbacks there share. */
export interface ClusterOptions extends Pick<RolloutOptions, 'url' | 'dryRun' | 'lockTimeout'> {}

/** The options of a deploy to a cluster, which schedules, heals and moves traffic by itself. */
export interface ClusterDeployOptions
  extends ClusterOptions,
    Pick<DeployOptions, 'compose' | 'keep' | 'force' | 'accessories' | 'beforeRelease' | 'afterRelease'> {
  /** Milliseconds that a workload may go without progress. */
  readonly healthTimeout: number;
  /** Existing services to update, each with the name of its image in the build; '' if there is only one image. Empty: a stack is deployed. */
  readonly services: ReadonlyMap<string, ServiceName | ''>;
}

/** The options of a deploy to a Kubernetes cluster. */
export interface KubernetesDeployOptions
  extends Omit<ClusterDeployOptions, 'compose' | 'accessories' | 'services'> {
  /** Names the images to build, if there are several. */
  readonly compose: ComposeFiles;
  readonly manifests: readonly ManifestSource[];
  /** Name of the secret with which the pods pull; `undefined`: Sealift makes none. */
  readonly pullSecret: string | undefined;
  /** Whether objects that others have made are taken over. */
  readonly adopt: boolean;
  readonly traffic: KubernetesTraffic;
}

/** The options of a rollback on a Kubernetes cluster: those that a deploy has too. */
export type KubernetesRollbackOptions = ClusterOptions & Pick<KubernetesDeployOptions, 'pullSecret'>;

/** How traffic moves to a release on Kubernetes. */
export type KubernetesTraffic =
  /** As the cluster does it. */
  | { readonly kind: 'rolling' }
  /** At once, from the release before, which is kept for so many milliseconds. */
  | { readonly kind: 'blue-green'; readonly bake: number }
  /** The same after growing shares of the requests. */
  | {
      readonly kind: 'canary';
      readonly steps: readonly CanaryStep[];
      readonly metrics: readonly MetricsQuery[];
      readonly bake: number;
    };

/** What must not be so while a release gets a share of the requests. */
export interface MetricsQuery {
  /** Of the Service of a Prometheus in the cluster. */
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
  /** Any result of it is a failure. `${RELEASE}` stands for the id of the release. */
  readonly query: string;
}
