import { Fields } from './fields.ts';
import { parseNamedObject } from './responses.ts';
import type {
  ClusterNode,
  ServiceMode,
  SwarmConfig,
  SwarmNode,
  SwarmObject,
  SwarmService,
  SwarmTask,
  TaskState,
  UpdateState,
} from './swarm-engine.ts';

/** Converts the swarm's JSON to the types of this directory. Field names: moby's api/swagger.yaml. */

const NODE_STATES = ['inactive', 'pending', 'active', 'error', 'locked'] as const;

/** `GET /info` */
export function parseSwarmNode(value: unknown): SwarmNode {
  const info = new Fields(value);
  const swarm = info.object('Swarm');
  return {
    state: NODE_STATES.find((state) => state === swarm.text('LocalNodeState')) ?? 'inactive',
    isManager: swarm.flag('ControlAvailable'),
    managers: swarm.objects('RemoteManagers').map((manager) => manager.text('Addr')),
    error: swarm.text('Error'),
    time: info.text('SystemTime'),
  };
}

/** An entry of `GET /nodes`. */
export function parseClusterNode(node: Fields): ClusterNode {
  return {
    id: node.text('ID'),
    hostname: node.object('Description').text('Hostname'),
    isDown: node.object('Status').text('State') === 'down',
  };
}

/** An entry of `GET /secrets`. */
export function parseSwarmObject(object: Fields): SwarmObject {
  return { ...parseNamedObject(object.object('Spec')), id: object.text('ID') };
}

/** An entry of `GET /networks` with the scope of the swarm. */
export function parseClusterNetwork(network: Fields): SwarmObject {
  return { ...parseNamedObject(network), id: network.text('Id') };
}

/** An entry of `GET /configs`. */
export function parseSwarmConfig(config: Fields): SwarmConfig {
  return {
    ...parseSwarmObject(config),
    version: config.object('Version').number('Index'),
    content: Buffer.from(config.object('Spec').text('Data'), 'base64').toString(),
    createdAt: config.text('CreatedAt'),
    updatedAt: config.text('UpdatedAt'),
  };
}

/** An entry of `GET /services`. */
export function parseSwarmService(service: Fields): SwarmService {
  const spec = service.object('Spec');
  const mode = spec.object('Mode');
  const update = service.object('UpdateStatus');
  return {
    ...parseSwarmObject(service),
    ...parseMode(mode),
    image: spec.object('TaskTemplate').object('ContainerSpec').text('Image'),
    update: { state: parseUpdateState(update.text('State')), message: update.text('Message') },
    jobIteration: service.object('JobStatus').object('JobIteration').number('Index'),
    containerLabels: spec.object('TaskTemplate').object('ContainerSpec').map('Labels'),
    restartsWhenDone: !['none', 'on-failure'].includes(
      spec.object('TaskTemplate').object('RestartPolicy').text('Condition'),
    ),
    updatePause: updatePauseOf(spec),
  };
}

/** Milliseconds, where a service says nothing (moby's swagger.yaml). */
const DEFAULT_MONITOR = 5_000;
const DEFAULT_STOP_GRACE_PERIOD = 10_000;

/** The swarm counts in nanoseconds. */
const NANOSECONDS = 1e6;

function updatePauseOf(spec: Fields): number {
  const config = spec.object('UpdateConfig');
  const container = spec.object('TaskTemplate').object('ContainerSpec');
  const duration = (fields: Fields, key: string, otherwise: number): number =>
    fields.has(key) ? fields.number(key) / NANOSECONDS : otherwise;
  return (
    duration(config, 'Delay', 0) +
    duration(config, 'Monitor', DEFAULT_MONITOR) +
    duration(container, 'StopGracePeriod', DEFAULT_STOP_GRACE_PERIOD)
  );
}

function parseMode(mode: Fields): { readonly mode: ServiceMode; readonly replicas: number } {
  if (mode.has('Global')) return { mode: 'global', replicas: 0 };
  if (mode.has('GlobalJob')) return { mode: 'global-job', replicas: 0 };
  if (mode.has('ReplicatedJob'))
    return { mode: 'replicated-job', replicas: mode.object('ReplicatedJob').number('TotalCompletions') };
  return { mode: 'replicated', replicas: mode.object('Replicated').number('Replicas') };
}

const UPDATE_STATES = [
  'updating',
  'paused',
  'completed',
  'rollback_started',
  'rollback_paused',
  'rollback_completed',
] as const;

const parseUpdateState = (state: string): UpdateState => UPDATE_STATES.find((known) => known === state);

const TASK_STATES: readonly TaskState[] = [
  'new',
  'allocated',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
];

const parseTaskState = (state: string): TaskState => TASK_STATES.find((known) => known === state) ?? 'new';

/** An entry of `GET /tasks`. */
export function parseSwarmTask(task: Fields): SwarmTask {
  const status = task.object('Status');
  const container = task.object('Spec').object('ContainerSpec');
  const state = parseTaskState(status.text('State'));
  const hasContainer = status.object('ContainerStatus').text('ContainerID') !== '';
  return {
    id: task.text('ID'),
    serviceId: task.text('ServiceID'),
    slot: task.number('Slot'),
    nodeId: task.text('NodeID'),
    state,
    desiredState: parseTaskState(task.text('DesiredState')),
    error: status.text('Err'),
    exitCode:
      hasContainer && taskHasEnded(state) ? status.object('ContainerStatus').number('ExitCode') : undefined,
    image: container.text('Image'),
    labels: container.map('Labels'),
    jobIteration: task.object('JobIteration').number('Index'),
    createdAt: task.text('CreatedAt'),
  };
}

/** Whether a task has come to its end: it never runs again, another one takes its place. */
export const taskHasEnded = (state: TaskState): boolean =>
  TASK_STATES.indexOf(state) > TASK_STATES.indexOf('running');
