import type { SwarmEngine, SwarmService, SwarmTask } from '../engine/swarm-engine.ts';
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

/** Reads everything of a stack. */
export async function readSwarmState(swarm: SwarmEngine, stack: string): Promise<SwarmState> {
  const labels = [stackLabel(stack)];
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
