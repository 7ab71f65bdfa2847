import type { HostName } from '../model/host-address.ts';

/**
 * A Docker engine that can be asked. Knows no release. Every method throws HostError, naming the host and the cause,
 * when the connection ends before the answer is complete, and `NotFound`/`Conflict` where the engine says 404/409.
 * Source of paths and fields: moby's api/swagger.yaml, API 1.44 (Engine 25) and later.
 */
export interface Engine {
  readonly host: HostName;
  /** What `docker` and `docker compose` need in their environment to speak to the same engine over the same connection. */
  readonly cliEnvironment: Readonly<Record<string, string>>;
  /** Settled when the connection is gone for good; aborts with the HostError as its reason. */
  readonly disconnected: AbortSignal;

  version(): Promise<EngineVersion>;

  listContainers(labels: readonly string[]): Promise<readonly ContainerSummary[]>;
  inspectContainer(id: string): Promise<ContainerDetails>;
  createContainer(name: string, spec: Readonly<Record<string, unknown>>): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** `timeout` in seconds; `undefined` is the container's own stop_grace_period. Already stopped is fine. */
  stopContainer(id: string, timeout?: number): Promise<void>;
  /** Removes it with its anonymous volumes; absent is fine. */
  removeContainer(id: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Changes the restart policy of a container, running or not. */
  setRestartPolicy(id: string, policy: RestartPolicy): Promise<void>;
  /** The last `tail` lines of stdout and stderr, in order. */
  containerLogs(id: string, tail: number): Promise<readonly string[]>;
  /**
   * Runs argv in a running container; resolves once the engine has confirmed the exit code. When `signal` aborts, its reason
   * is thrown and the program goes on, since the engine has no way to end it.
   */
  exec(
    id: string,
    argv: readonly string[],
    options?: { readonly stdin?: string; readonly signal?: AbortSignal },
  ): Promise<ExecResult>;
  /** The archive of `path` as files by name; works on stopped and never started containers. Absent path: empty. */
  readFiles(id: string, path: string): Promise<ReadonlyMap<string, Buffer>>;
  /**
   * Writes files (relative name → content) below the existing folder `path`. The engine removes a file before it makes it
   * anew: who reads it meanwhile may find none for a moment.
   */
  writeFiles(
    id: string,
    path: string,
    files: ReadonlyMap<
      string,
      {
        readonly content: string | Buffer;
        readonly mode?: number;
        readonly uid?: number;
        readonly gid?: number;
      }
    >,
  ): Promise<void>;

  inspectImage(reference: string): Promise<ImageDetails | undefined>;
  tagImage(reference: string, repository: string, tag: string): Promise<void>;
  /** Untags or deletes; absent or still in use is fine and answers false. */
  removeImage(reference: string): Promise<boolean>;
  listImages(filters: Readonly<Record<string, readonly string[]>>): Promise<readonly ImageDetails[]>;
  /** Makes an image of nothing under a name (`POST /images/create?fromSrc=-`), for containers that only carry labels. */
  importEmptyImage(repository: string, tag: string): Promise<void>;

  listNetworks(labels: readonly string[]): Promise<readonly NamedObject[]>;
  createNetwork(spec: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * Joins a container to a network, or changes how it is joined; a stopped one is joined by its next start. `endpoint` as the
   * details of a container tell it.
   */
  connectNetwork(name: string, container: string, endpoint: EndpointSettings): Promise<void>;
  /** Takes a container off a network that it is on; of a stopped one also off a network that is gone. */
  disconnectNetwork(name: string, container: string): Promise<void>;
  inspectVolume(name: string): Promise<NamedObject | undefined>;
  createVolume(spec: Readonly<Record<string, unknown>>): Promise<void>;

  /**
   * Events from now on (the stream is open when this resolves), until `signal` aborts; throws when the engine ends it or the
   * connection is lost.
   *
   * @param since a moment of the engine's clock, ISO 8601: what it remembers from then on comes first (its last 256 events)
   */
  events(
    filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
    since?: string,
  ): Promise<AsyncIterable<EngineEvent>>;

  close(): Promise<void>;
}

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly os: string;
  /** As in platforms: `amd64`, `arm64`. */
  readonly architecture: string;
}

export interface NamedObject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
  /** Published host ports. */
  readonly ports: readonly {
    readonly address: string | undefined;
    readonly port: number;
    readonly protocol: string;
  }[];
  readonly networks: readonly string[];
}

/** How a container is joined to a network: aliases, addresses asked for, …, in the engine's own words. */
export type EndpointSettings = Readonly<Record<string, unknown>>;

export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  /** Of `on-failure`: how often at most; 0 is without an end. */
  readonly maxRetries: number;
}

export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly health:
    | {
        readonly status: 'none' | 'starting' | 'healthy' | 'unhealthy';
        readonly lastOutput: string;
        readonly test: readonly string[];
      }
    | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restartCount: number;
  readonly restartPolicy: string;
  readonly networks: Readonly<Record<string, NetworkAttachment>>;
}

/** A container on a network. */
export interface NetworkAttachment {
  /** Empty while it does not run. */
  readonly ipv4: string;
  /** Its IPv6 address, where the network has such. */
  readonly ipv6?: string;
  /** What joins a container to the same network in the same way. */
  readonly endpoint: EndpointSettings;
}

export interface ImageDetails {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly size: number;
  /** Digests of its layers' contents, from the first to the last; empty in lists. */
  readonly layers: readonly string[];
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EngineEvent {
  readonly type: string;
  /** `die`, `oom`, `health_status: healthy`, … */
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}
