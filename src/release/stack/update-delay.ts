import type { ComposeService } from '../../model/compose-config.ts';
import { asObject } from '../../model/json.ts';

/** Long enough for a swarm to notice that a task has failed, also on a busy manager. */
const SHORTEST_DELAY = '250ms';

const NO_DELAY: ReadonlySet<unknown> = new Set([undefined, 0, '0', '0s']);

/**
 * A swarm that waits not at all between two tasks of an update chooses by chance between the next task and the failure of the last one
 * (moby/swarmkit, manager/orchestrator/update/updater.go, `Run`): a release that crashes at once may then replace every task. So an
 * update of several tasks that a failure is to end gets a short delay, unless it has one. Pure.
 */
export function withUpdateDelay(service: ComposeService): ComposeService {
  const deploy = asObject(service['deploy']);
  const update = asObject(deploy['update_config']);
  const { mode = 'replicated', replicas = 1 } = deploy;
  const hasSeveralTasks = mode === 'global' || (mode === 'replicated' && replicas !== 1);
  const endsByFailure = update['failure_action'] !== 'continue';
  if (!hasSeveralTasks || !endsByFailure || !NO_DELAY.has(update['delay'])) return service;
  return { ...service, deploy: { ...deploy, update_config: { ...update, delay: SHORTEST_DELAY } } };
}
