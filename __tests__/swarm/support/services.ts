import type { SwarmService, SwarmTask } from '../../../src/engine/swarm-engine.ts';
import { LABEL } from '../../../src/model/app-environment.ts';
import type { WantedService } from '../../../src/swarm/judge-service.ts';
import { releaseId } from '../../support/identifiers.ts';

/** A service of two replicas and its tasks, as a swarm shows them. */

export const NEW: WantedService = { release: releaseId('new'), definition: 'd-new', image: 'shop@new' };
export const NODES = new Map([
  ['n1', 's1'],
  ['n2', 's2'],
]);

export const service = (given: Partial<SwarmService> = {}): SwarmService => ({
  id: 'web',
  name: 'shop-production_web',
  labels: { [LABEL.release]: 'new' },
  mode: 'replicated',
  replicas: 2,
  image: 'shop@new',
  update: { state: 'completed', message: 'update completed' },
  jobIteration: 0,
  containerLabels: { [LABEL.definition]: 'd-new' },
  restartsWhenDone: true,
  updatePause: 0,
  ...given,
});

let count = 0;
/** A task of the new definition that runs. */
export function task(given: Partial<SwarmTask> = {}, definition = 'd-new'): SwarmTask {
  count += 1;
  return {
    id: `t${count}`,
    serviceId: 'web',
    slot: 1,
    nodeId: 'n1',
    state: 'running',
    desiredState: 'running',
    error: '',
    exitCode: undefined,
    image: 'shop@new',
    labels: { [LABEL.definition]: definition },
    jobIteration: 0,
    createdAt: `2026-01-01T00:00:${String(count).padStart(2, '0')}Z`,
    ...given,
  };
}
export const failed = (given: Partial<SwarmTask> = {}): SwarmTask =>
  task({
    state: 'failed',
    desiredState: 'shutdown',
    exitCode: 3,
    error: 'task: non-zero exit (3)',
    ...given,
  });
