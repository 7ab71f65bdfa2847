import type { Readable } from 'node:stream';
import type { HostName } from '../model/identifiers.ts';
import type { FileToWrite } from './archive.ts';

/**
 * The API of one Docker engine, connected until the end of the scope. Knows no release. Every method throws HostError, which names the host and the cause, when the
 * connection ends before the answer is complete; NotFound and Conflict where the engine answers 404 and 409.
 * Source of paths and fields: moby's api/swagger.yaml, API 1.44 (Engine 25) and later.
 */
export interface Engine extends AsyncDisposable {
  readonly host: HostName;
  /** The environment in which `docker` and `docker compose` use the same engine over the same connection. */
  readonly cliEnvironment: Readonly<Record<string, string>>;
  /** Aborts when the connection has ended; the reason is the HostError. */
  readonly disconnected: AbortSignal;

  version(): Promise<EngineVersion>;

  /** @param labels `key` or `key=value`; a container must have all of them */
  listContainers(labels: readonly string[]): Promise<readonly ContainerSummary[]>;
  inspectContainer(id: string): Promise<ContainerDetails>;
  /** @returns the container's id */
  createContainer(name: string, spec: ObjectSpec): Promise<string>;
  /** @returns whether it did not run before */
  startContainer(id: string): Promise<boolean>;
  /** `timeout` in seconds; default: the container's own stop_grace_period. No error if it is stopped already. */
  stopContainer(id: string, timeout?: number): Promise<void>;
  /** Removes it, with its anonymous volumes unless `keepVolumes`. No error if it does not exist. */
  removeContainer(id: string, options?: RemoveContainerOptions): Promise<void>;
  setRestartPolicy(id: string, policy: RestartPolicy): Promise<void>;
  /** @throws Conflict if another container has the name */
  renameContainer(id: string, name: string): Promise<void>;
  /**
   * The last `tail` lines of stdout and stderr, in order.
   * @param since time of the engine's clock, ISO 8601: without earlier lines
   */
  containerLogs(id: string, tail: number, since?: string): Promise<readonly string[]>;
  /**
   * Runs argv in a running container; resolves when the engine has confirmed the exit code. When `signal` aborts, its reason is
   * thrown and the program continues, since the engine can't end it.
   */
  exec(id: string, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Prepares the next `exec` in a running container in the background: it takes one round less then. */
  prepareExec(id: string): void;
  /** The files under `path` by relative name, of a container in any state; empty if there is no such path. */
  readFiles(id: string, path: string): Promise<ReadonlyMap<string, Buffer>>;
  /**
   * Writes files, by relative name, into the existing directory `path`. The engine removes a file before it writes the new one:
   * a reader may find none for an instant.
   * @param options.urgent it is not to wait behind calls that take long
   * @param options.limit milliseconds for the answer, where the usual ones are too many
   */
  writeFiles(
    id: string,
    path: string,
    files: ReadonlyMap<string, FileToWrite>,
    options?: { readonly urgent?: boolean; readonly limit?: number },
  ): Promise<void>;

  inspectImage(reference: string): Promise<ImageDetails | undefined>;
  /**
   * Pulls an image from its registry.
   * @throws PullRefused with what the engine said; the signal's reason
   */
  pullImage(reference: string, options: PullOptions): Promise<void>;
  /**
   * Loads images from an archive, as `docker load` does. It does not say whether what was loaded is complete.
   * @throws HostError with what the engine said; the signal's reason
   */
  loadImage(archive: Readable, options: LoadOptions): Promise<void>;
  /** An archive of an image, as `docker save` makes it. The stream fails when the connection ends before it is complete. */
  saveImage(reference: string, signal: AbortSignal): Promise<Readable>;
  /** Whether the engine has all layers of an image that it knows. */
  isImageComplete(reference: string): Promise<boolean>;
  /** Lets the engine reach a port of this machine's own loopback, until the connection ends. */
  openWayBack(port: number): Promise<WayBack>;
  tagImage(reference: string, repository: string, tag: string): Promise<void>;
  /** Untags or deletes; `false` if it does not exist or is still in use. */
  removeImage(reference: string): Promise<boolean>;
  /** The images without their layers, which a list does not contain. */
  listImages(filters: Filters): Promise<readonly ImageDetails[]>;
  /** Creates an image without content (`POST /images/create?fromSrc=-`), for containers that only carry labels. */
  importEmptyImage(repository: string, tag: string): Promise<void>;

  /** The time on the host, in milliseconds since the epoch, to a second or so. */
  now(): number;

  listNetworks(labels: readonly string[]): Promise<readonly NetworkSummary[]>;
  /** One that says nothing of its addresses gets a subnet that is free. @throws HostError if no addresses are left */
  createNetwork(spec: ObjectSpec): Promise<void>;
  /** Checks that so many networks can be created. @throws HostError if no addresses are left */
  checkNetworkAddresses(count: number): Promise<void>;
  /** No error if it does not exist. It is refused while a container on it runs. */
  removeNetwork(id: string): Promise<void>;
  /**
   * Connects a container to a network, or changes how it is connected. A stopped container joins at its next start.
   * @param endpoint as `ContainerDetails.networks` has it
   */
  connectNetwork(name: string, container: string, endpoint: EndpointSettings): Promise<void>;
  /** Disconnects a container from a network that it is on; if it is stopped, also from one that no longer exists. */
  disconnectNetwork(name: string, container: string): Promise<void>;
  listVolumes(labels: readonly string[]): Promise<readonly NamedObject[]>;
  inspectVolume(name: string): Promise<NamedObject | undefined>;
  createVolume(spec: ObjectSpec): Promise<void>;
  /** No error if it does not exist. It is refused while a container has it, running or not. */
  removeVolume(name: string): Promise<void>;

  /**
   * Events from now on (the stream is open when this resolves), until `signal` aborts. The iterator throws when the engine ends
   * the stream or the connection is lost.
   *
   * @param since time of the engine's clock, ISO 8601: events from then on come first (the engine keeps the last 256)
   */
  events(filters: Filters, signal: AbortSignal, since?: string): Promise<AsyncIterable<EngineEvent>>;
}

export type Labels = Readonly<Record<string, string>>;
/** Values by name of a filter; moby's swagger.yaml lists the names for each call. */
export type Filters = Readonly<Record<string, readonly string[]>>;
/** The body of a call that creates an object, as moby's swagger.yaml describes it. */
export type ObjectSpec = Readonly<Record<string, unknown>>;

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly os: string;
  /** As in platforms: `amd64`, `arm64`. */
  readonly architecture: string;
}

export interface NamedObject {
  readonly name: string;
  readonly labels: Labels;
}

/** Two networks may have the same name. */
export interface NetworkSummary extends NamedObject {
  readonly id: string;
  /** As `172.18.0.0/16`; with IPv6 addresses too. */
  readonly subnets: readonly string[];
}

export interface RemoveContainerOptions {
  /** Kills it if it runs. */
  readonly force?: boolean;
  readonly keepVolumes?: boolean;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly labels: Labels;
  readonly state: string;
  /** Published ports of the host; without an address: on all. */
  readonly ports: readonly { readonly port: number; readonly protocol: string; readonly address?: string }[];
  readonly networks: readonly string[];
  /** Its IP addresses on them, while it runs. */
  readonly addresses?: readonly string[];
  /** Names of its volumes, also of anonymous ones. */
  readonly volumes: readonly string[];
}

/** How a container is connected to a network (aliases, requested addresses, …), in the engine's own fields. */
export type EndpointSettings = Readonly<Record<string, unknown>>;

export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  /** For `on-failure`; 0 is no limit. */
  readonly maxRetries: number;
}

export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly labels: Labels;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** `undefined` for a container without HEALTHCHECK. */
  readonly health:
    | {
        readonly status: 'none' | 'starting' | 'healthy' | 'unhealthy';
        readonly lastOutput: string;
        /** The engine has not run the command since the container started. */
        readonly unchecked?: true;
      }
    | undefined;
  /** How the HEALTHCHECK is run; `undefined` if there is none. */
  readonly healthcheck?: Healthcheck | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  readonly startedAt: string;
  /** Seconds that it gets to stop. */
  readonly stopTimeout: number;
  readonly restartCount: number;
  readonly restartPolicy: string;
  /** Of the policy `on-failure`. */
  readonly restartRetries?: number;
  readonly networks: Readonly<Record<string, NetworkAttachment>>;
}

/** The HEALTHCHECK of a container, with the engine's defaults. All times in milliseconds. */
export interface Healthcheck {
  readonly argv: readonly string[];
  readonly interval: number;
  /** For one run. */
  readonly timeout: number;
  readonly startPeriod: number;
  /** In place of `interval` during the start period. */
  readonly startInterval: number;
}

/** A container on a network. */
export interface NetworkAttachment {
  /** Empty while the container does not run. */
  readonly ipv4: string;
  /** Only on a network with IPv6. */
  readonly ipv6?: string;
  /** Connects a container to the same network in the same way. */
  readonly endpoint: EndpointSettings;
}

export interface ImageDetails {
  readonly id: string;
  readonly repoTags: readonly string[];
  /** `repository@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** Digests of the contents of its layers, first to last; empty in lists. */
  readonly layers: readonly string[];
  /** Bytes on the host's disk. */
  readonly size: number;
  /** `linux/arm64/v8`; empty in lists. */
  readonly platform: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PullOptions {
  /** `linux/arm64`; `undefined`: that of the host. */
  readonly platform?: string | undefined;
  /** The login for the registry, as moby's swagger.yaml describes `AuthConfig`. */
  readonly login?: ObjectSpec | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is done with a layer. */
  readonly onProgress?: (progress: LayerProgress) => void;
}

export interface LoadOptions {
  /** `linux/arm64`, of an archive that may have others too. */
  readonly platform: string;
  readonly signal?: AbortSignal | undefined;
}

/** How an engine reaches this machine: at a port of its own loopback, or not at all. */
export type WayBack =
  | { readonly kind: 'open'; readonly port: number }
  /** Completes "…, because …". */
  | { readonly kind: 'closed'; readonly why: string };

export interface LayerProgress {
  /** The start of its digest. */
  readonly id: string;
  /** `Pulling fs layer`, `Downloading`, `Pull complete`, … */
  readonly state: string;
  /** Bytes so far of what the state says; 0 if the engine counts none. */
  readonly bytes: number;
}

export interface ExecOptions {
  readonly signal?: AbortSignal | undefined;
  /** A name or an id, with or without a group; by default the container's own. */
  readonly user?: string | undefined;
  readonly privileged?: boolean | undefined;
  readonly workingDir?: string | undefined;
  /** `NAME=value`, in addition to the container's own; `NAME` alone removes one. */
  readonly environment?: readonly string[] | undefined;
  /**
   * The words after which the program itself prints its exit code, at the very end of stdout. They prove that nothing was cut off, so
   * the engine need not be asked.
   */
  readonly exitWords?: string | undefined;
  /** Gets all of stdout so far, each time that more of it has come. */
  readonly onStdout?: ((printed: string) => void) | undefined;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EngineEvent {
  /** `die`, `oom`, `health_status: healthy`, … */
  readonly action: string;
  readonly id: string;
  readonly attributes: Labels;
}
