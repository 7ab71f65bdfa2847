import type { SwarmService } from '../engine/swarm-engine.ts';
import { taskHasEnded } from '../engine/swarm-responses.ts';
import type { SwarmState } from './swarm-state.ts';

/**
 * Ids of tasks that were to start on a node which is gone, and that the update of their service waits for. The swarm runs others in
 * their place, but its update goes on only when these have ended, and their node tells nothing any more (moby/swarmkit,
 * manager/orchestrator/update/updater.go: `updateTask` has no limit). Pure.
 */
export function strandedTasks(
  { id, update }: SwarmService,
  { tasks, lost }: Pick<SwarmState, 'tasks' | 'lost'>,
): readonly string[] {
  if (update.state !== 'updating') return [];
  return tasks
    .filter(({ serviceId, nodeId }) => serviceId === id && lost.has(nodeId))
    .filter(({ state, desiredState }) => taskHasEnded(desiredState) && !taskHasEnded(state))
    .filter(({ state }) => state !== 'running')
    .map((task) => task.id);
}
