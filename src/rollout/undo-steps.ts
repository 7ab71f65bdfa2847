import type { ReleaseId } from '../model/identifiers.ts';
import { type Action, traitsOf } from '../plan/actions.ts';
import type { RolloutFailure } from '../plan/outcome.ts';
import type { collectEvidence } from './evidence.ts';

type StopServices = Extract<Action, { readonly kind: 'stop-services' }>;
type CollectedEvidence = Awaited<ReturnType<typeof collectEvidence>>;

/** What came of the undo of one host. */
export interface UndoResult {
  readonly failures: readonly RolloutFailure[];
  readonly evidence: CollectedEvidence;
}

/**
 * Undoes what was started on one host. An action that fails is reported, and the others still run. The evidence is collected
 * once, while traffic goes back, and before anything that failed is stopped.
 * @param actions in the order in which they are performed
 */
export async function undoSteps(
  actions: readonly Action[],
  host: {
    readonly collectEvidence: (stops: readonly StopServices[]) => Promise<CollectedEvidence>;
    readonly perform: (action: Action) => Promise<RolloutFailure | undefined>;
  },
): Promise<UndoResult> {
  const collecting = host.collectEvidence(actions.filter((action) => action.kind === 'stop-services'));
  const failures: RolloutFailure[] = [];
  /** The release that the traffic could not be moved back to. */
  let unreached: ReleaseId | undefined;
  for (const action of actions) {
    if (action.kind === 'stop-services') await collecting;
    // The other release still has the traffic: stopped, nothing would answer.
    if (action.kind === 'stop-services' && unreached !== undefined && action.release !== unreached) continue;
    const failure = await host.perform(action);
    if (failure !== undefined) failures.push(failure);
    if ('release' in action && traitsOf(action).movesTraffic)
      unreached = failure === undefined ? undefined : action.release;
  }
  return { failures, evidence: await collecting };
}
