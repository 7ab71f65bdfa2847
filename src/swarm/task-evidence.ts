import type { SwarmEngine, SwarmTask } from '../engine/swarm-engine.ts';
import { taskHasEnded } from '../engine/swarm-responses.ts';
import { hostName } from '../model/identifiers.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { SwarmState } from './swarm-state.ts';

const TASK_LOG_LINES = 20;
/** Milliseconds. The rollback waits for the evidence, and a node that is gone never answers. */
const TASK_LOG_TIMEOUT = 3_000;
/** Of one service: the last ones say what all say. */
const TASKS_PER_SERVICE = 2;

/** A task that failed, by its state. */
const isFailure = ({ state }: SwarmTask): boolean =>
  state === 'failed' || state === 'rejected' || state === 'orphaned';

/**
 * Collects why tasks of a release failed: state, exit code, the swarm's words, last log lines. Never throws: what can't be read
 * gives no evidence, and the rollback must still run.
 * @param prefix what the names of its services begin with
 * @param known ids of tasks that had failed before the deploy
 */
export async function taskEvidence(
  swarm: SwarmEngine,
  prefix: string,
  { services, tasks, nodes }: SwarmState,
  known: ReadonlySet<string>,
): Promise<readonly Evidence[]> {
  const choose = (isChosen: (task: SwarmTask) => boolean) =>
    services.flatMap((service) =>
      tasks
        .filter((task) => task.serviceId === service.id && !known.has(task.id) && isChosen(task))
        .toSorted((one, other) => other.createdAt.localeCompare(one.createdAt))
        .slice(0, TASKS_PER_SERVICE)
        .map((task) => ({ service, task })),
    );
  const failed = choose(isFailure);
  // One that was never tried says less than one that failed.
  const chosen =
    failed.length > 0 ? failed : choose(({ state }) => !taskHasEnded(state) && state !== 'running');
  return await Promise.all(
    chosen.map(async ({ service, task }): Promise<Evidence> => {
      const lines = await lastLines(swarm, task);
      const name = service.name.slice(prefix.length);
      return {
        host: hostName(nodes.get(task.nodeId) ?? 'no node'),
        container: `${service.name}.${task.slot === 0 ? task.nodeId : task.slot}`,
        service: name,
        state: task.state,
        exitCode: task.exitCode,
        // A swarm does not say it.
        oomKilled: false,
        health: /unhealthy container/.test(task.error) ? 'unhealthy' : undefined,
        lastLines: task.error === '' ? lines : [...lines, task.error],
      };
    }),
  );
}

async function lastLines(swarm: SwarmEngine, task: SwarmTask): Promise<readonly string[]> {
  // A task that was rejected, or waits for a node, never had a container.
  if (task.nodeId === '' || task.state === 'rejected') return [];
  try {
    return await swarm.taskLogs(task.id, TASK_LOG_LINES, AbortSignal.timeout(TASK_LOG_TIMEOUT));
  } catch {
    return [];
  }
}
