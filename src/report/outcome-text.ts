import type { ReleaseId, ServiceName } from '../model/release.ts';
import type { StepResult } from '../plan/outcome.ts';
import type { Action } from '../plan/steps.ts';
import { joinWithAnd } from './action-text.ts';

const TRAFFIC_ACTIONS: ReadonlySet<Action['kind']> = new Set([
  'switch-traffic',
  'split-traffic',
  'balance-replicas',
]);

/** Requests went to another release, and not to mend what an interrupted run left. */
export const movesTraffic = (step: StepResult): boolean =>
  isDeployStep(step) && TRAFFIC_ACTIONS.has(step.action.kind);

/**
 * What became of the requests where every host serves `live` again: `Traffic stayed on 1a2b3c4d`, as long as it did. Pure.
 */
export function trafficText(live: ReleaseId, steps: readonly StepResult[]): string {
  if (steps.some(movesTraffic)) return `Traffic is on ${live} again`;
  const stopped = stoppedServices(live, steps);
  // Mended of what an interrupted run left, it may have come from another release.
  if (steps.some(({ action, stage }) => stage === 'recover' && TRAFFIC_ACTIONS.has(action.kind)))
    return `Traffic is on ${live}`;
  if (stopped.length === 0) return `Traffic stayed on ${live}`;
  const [were, serve] = stopped.length === 1 ? ['was', 'serves'] : ['were', 'serve'];
  return `${joinWithAnd(stopped)} of ${live} ${were} stopped for it and ${serve} again`;
}

/** What became of the release that was refused: it may never have been started. Pure. */
export function failedReleaseText(wanted: ReleaseId, steps: readonly StepResult[]): string {
  const started = steps.some(
    (step) => isDeployStep(step) && step.action.kind === 'start-services' && step.action.release === wanted,
  );
  return started ? `${wanted} is stopped` : `nothing of ${wanted} was started`;
}

const isDeployStep = ({ undo, stage }: Pick<StepResult, 'undo' | 'stage'>): boolean =>
  !undo && stage !== 'recover';

function stoppedServices(live: ReleaseId, steps: readonly StepResult[]): readonly ServiceName[] {
  return [
    ...new Set(
      steps.flatMap((step) =>
        isDeployStep(step) && step.action.kind === 'stop-services' && step.action.release === live
          ? step.action.services
          : [],
      ),
    ),
  ];
}
