import type { HostName } from '../model/identifiers.ts';
import type { Labels, NamedObject } from './engine.ts';

/**
 * The API of a swarm through one of its nodes, connected until the end of the scope. Knows no release. It throws what `Engine`
 * throws. Source of paths and fields: moby's api/swagger.yaml, API 1.44.
 */
export interface SwarmEngine extends AsyncDisposable {
  readonly host: HostName;
  /** The environment in which `docker` uses the same engine over the same connection. */
  readonly cliEnvironment: Readonly<Record<string, string>>;
  /** Aborts when the connection has ended; the reason is the HostError. */
  readonly disconnected: AbortSignal;

  /** What the node is in its swarm. A worker can't be asked for anything else. */
  swarmNode(): Promise<SwarmNode>;
  listNodes(): Promise<readonly ClusterNode[]>;

  /** @param labels `key=value`; all of them */
  listServices(labels: readonly string[]): Promise<readonly SwarmService[]>;
  /** Tasks of services with these labels, also those that have ended. */
  listTasks(labels: readonly string[]): Promise<readonly SwarmTask[]>;
  /**
   * Replaces the labels of a service. Its tasks go on, and an update of it begins anew with what is left to do.
   * @throws HostError if it is changed at the same time
   */
  setServiceLabels(id: string, labels: Labels): Promise<void>;
  /** No error if it does not exist. */
  removeService(id: string): Promise<void>;
  /** The last `tail` lines of a task, from whichever node it runs on; none of a task that never had a container. */
  taskLogs(id: string, tail: number, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * The lines of a task after one that is known.
   * @param after its time; '' for all lines
   */
  taskLogsAfter(id: string, after: string, signal: AbortSignal): Promise<readonly LogEntry[]>;

  /** With their contents, which everybody who may ask a manager can read. */
  listConfigs(labels: readonly string[]): Promise<readonly SwarmConfig[]>;
  /** @throws Conflict if the name is taken */
  createConfig(name: string, labels: Labels, content: string): Promise<string>;
  /** Replaces the labels. @throws HostError if it was changed since this version */
  setConfigLabels(config: SwarmConfig, labels: Labels): Promise<void>;
  /** No error if it does not exist. It is refused while a service uses it. */
  removeConfig(id: string): Promise<void>;
  /** Without their contents, which never leave the swarm. */
  listSecrets(labels: readonly string[]): Promise<readonly SwarmObject[]>;
  /** @throws Conflict if the name is taken */
  createSecret(name: string, labels: Labels, content: string): Promise<string>;
  /** No error if it does not exist. It is refused while a service uses it. */
  removeSecret(id: string): Promise<void>;
  listClusterNetworks(labels: readonly string[]): Promise<readonly SwarmObject[]>;
  removeClusterNetwork(id: string): Promise<void>;
}

/** What one engine is in a swarm. */
export interface SwarmNode {
  readonly state: 'inactive' | 'pending' | 'active' | 'error' | 'locked';
  readonly isManager: boolean;
  /** Addresses of the managers that it knows: `10.0.0.11:2377`. */
  readonly managers: readonly string[];
  readonly error: string;
  /** Its clock, ISO 8601. */
  readonly time: string;
}

export interface ClusterNode {
  readonly id: string;
  readonly hostname: string;
  /** Its manager has not heard of it for some seconds. */
  readonly isDown: boolean;
}

export interface SwarmObject extends NamedObject {
  readonly id: string;
}

export interface SwarmConfig extends SwarmObject {
  readonly version: number;
  readonly content: string;
  /** By the clock of the swarm's leader, ISO 8601. */
  readonly createdAt: string;
  /** The same. */
  readonly updatedAt: string;
}

/** A line of a log with its time: RFC 3339 with nanoseconds, as text. */
export interface LogEntry {
  readonly time: string;
  readonly line: string;
}

export type ServiceMode = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** States of an update in moby's swagger.yaml; `undefined`: the service was not updated yet, or nothing had to be replaced. */
export type UpdateState =
  | 'updating'
  | 'paused'
  | 'completed'
  | 'rollback_started'
  | 'rollback_paused'
  | 'rollback_completed'
  | undefined;

export interface SwarmService extends SwarmObject {
  readonly mode: ServiceMode;
  /** Replicas, or completions of a job; 0 for the modes that follow the number of nodes. */
  readonly replicas: number;
  readonly image: string;
  readonly update: { readonly state: UpdateState; readonly message: string };
  /** Which execution of a job counts; 0 for the first. */
  readonly jobIteration: number;
  /** Labels of its containers. */
  readonly containerLabels: Labels;
  /** Whether a container that has ended well is started again. */
  readonly restartsWhenDone: boolean;
  /** Milliseconds that an update may take for each batch beside the start: until the old ones have stopped, for failures, until the next one. */
  readonly updatePause: number;
}

/** States of a task, in order, from moby's swagger.yaml; those after `running` are final. */
export type TaskState =
  | 'new'
  | 'allocated'
  | 'pending'
  | 'assigned'
  | 'accepted'
  | 'preparing'
  | 'ready'
  | 'starting'
  | 'running'
  | 'complete'
  | 'shutdown'
  | 'failed'
  | 'rejected'
  | 'remove'
  | 'orphaned';

export interface SwarmTask {
  readonly id: string;
  readonly serviceId: string;
  /** Which of the replicas; 0 for global services. */
  readonly slot: number;
  readonly nodeId: string;
  readonly state: TaskState;
  readonly desiredState: TaskState;
  /** The swarm's own words: `No such image: …`, `no suitable node (…)`, `task: non-zero exit (3)`; may be empty. */
  readonly error: string;
  readonly exitCode: number | undefined;
  readonly image: string;
  /** Labels of its container. */
  readonly labels: Labels;
  readonly jobIteration: number;
  /** ISO 8601, by the clock of the leader. */
  readonly createdAt: string;
}
