import type { SwarmEngine, SwarmService, SwarmTask } from '../engine/swarm-engine.ts';
import { taskHasEnded } from '../engine/swarm-responses.ts';
import type { NodeNames } from './judge-service.ts';

/** The services of a stack and their tasks, read at one time. */
export interface SwarmState {
  readonly services: readonly SwarmService[];
  readonly tasks: readonly SwarmTask[];
  readonly nodes: NodeNames;
  /** Ids of nodes that the swarm does not hear of any more. */
  readonly lost: ReadonlySet<string>;
}

/** The label that `docker stack` gives everything of a stack. */
export const stackLabel = (stack: string): string => `com.docker.stack.namespace=${stack}`;

/** Ids of tasks that have ended, however: they say nothing about a release that is deployed from now on. Pure. */
export const endedTasks = ({ tasks }: Pick<SwarmState, 'tasks'>): readonly string[] =>
  tasks.filter(({ state }) => taskHasEnded(state)).map(({ id }) => id);

/** Reads everything of a stack. */
export const readSwarmState = (swarm: SwarmEngine, stack: string): Promise<SwarmState> =>
  readLabelledState(swarm, [stackLabel(stack)]);

/** Reads everything of some services. */
export async function readServicesState(swarm: SwarmEngine, names: readonly string[]): Promise<SwarmState> {
  const { services: all, ...state } = await readLabelledState(swarm, []);
  const services = names.flatMap((name) => all.find((service) => service.name === name) ?? []);
  const ids = new Set(services.map(({ id }) => id));
  return { ...state, services, tasks: state.tasks.filter(({ serviceId }) => ids.has(serviceId)) };
}

async function readLabelledState(swarm: SwarmEngine, labels: readonly string[]): Promise<SwarmState> {
  const [services, tasks, nodes] = await Promise.all([
    swarm.listServices(labels),
    swarm.listTasks(labels),
    swarm.listNodes(),
  ]);
  return {
    ...{ services, tasks },
    nodes: new Map(nodes.map(({ id, hostname }) => [id, hostname])),
    lost: new Set(nodes.filter(({ isDown }) => isDown).map(({ id }) => id)),
  };
}
