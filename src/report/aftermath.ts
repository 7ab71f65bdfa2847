import type { ReleaseId, ServiceName } from '../model/release.ts';
import type { StepResult } from '../plan/outcome.ts';
import { list } from './words.ts';

const MOVES: ReadonlySet<string> = new Set(['switch', 'share', 'mix']);

/** Requests went to another release, and not to mend what an interrupted run left. */
export const isMove = (step: StepResult): boolean => isDoing(step) && MOVES.has(step.action.kind);

/**
 * What became of the requests where every host serves `live` again: `Traffic stayed on 1a2b3c4d`, as long as it did. Pure.
 */
export function trafficText(live: ReleaseId, steps: readonly StepResult[]): string {
  if (steps.some(isMove)) return `Traffic is on ${live} again`;
  const stopped = stoppedOf(live, steps);
  // Mended of what an interrupted run left, it may have come from another release.
  if (steps.some(({ action, stage }) => stage === 'recover' && MOVES.has(action.kind)))
    return `Traffic is on ${live}`;
  if (stopped.length === 0) return `Traffic stayed on ${live}`;
  const [were, serve] = stopped.length === 1 ? ['was', 'serves'] : ['were', 'serve'];
  return `${list(stopped)} of ${live} ${were} stopped for it and ${serve} again`;
}

/** What became of the release that was refused: it may never have been started. Pure. */
export function refusedText(wanted: ReleaseId, steps: readonly StepResult[]): string {
  const started = steps.some(
    (step) => isDoing(step) && step.action.kind === 'start' && step.action.release === wanted,
  );
  return started ? `${wanted} is stopped` : `nothing of ${wanted} was started`;
}

const isDoing = ({ undo, stage }: Pick<StepResult, 'undo' | 'stage'>): boolean =>
  !undo && stage !== 'recover';

function stoppedOf(live: ReleaseId, steps: readonly StepResult[]): readonly ServiceName[] {
  return [
    ...new Set(
      steps.flatMap((step) =>
        isDoing(step) && step.action.kind === 'stop' && step.action.release === live
          ? step.action.services
          : [],
      ),
    ),
  ];
}
