import { messageWithoutHost } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { actionText } from '../plan/actions.ts';
import type { RolloutFailure, StepResult } from '../plan/outcome.ts';
import { type Plan, STAGES } from '../plan/plan.ts';
import type { StepReport } from './step-report.ts';

/**
 * The steps that were executed, in order. Pure.
 * @param failures why some of them failed
 */
export function stepReports(
  steps: readonly StepResult[],
  failures: readonly RolloutFailure[] = [],
): readonly StepReport[] {
  return steps.map((step, index) => ({
    host: step.host,
    stage: step.stage,
    text: actionText(step.action),
    startMs: Math.round(step.at),
    durationMs: Math.round(step.took),
    ok: step.ok,
    ...(step.aborted ? { aborted: step.aborted } : {}),
    undo: step.undo,
    note: step.note ?? failureNote(step, failures),
    ...(step.watched === undefined
      ? {}
      : { metrics: { ...step.watched, share: shareAfter(step.host, steps.slice(0, index)) } }),
    ...(step.images === undefined ? {} : { images: step.images }),
  }));
}

function failureNote({ host, action }: StepResult, failures: readonly RolloutFailure[]): string | undefined {
  const failure = failures.find((each) => each.host === host && each.action === action);
  return failure === undefined ? undefined : messageWithoutHost(host, failure.error);
}

/** The share of the visitors that the new release has on a host after these steps. */
function shareAfter(host: HostName, steps: readonly StepResult[]): number {
  const last = steps.findLast(
    (step) =>
      step.host === host && (step.action.kind === 'split-traffic' || step.action.kind === 'switch-traffic'),
  );
  return last?.action.kind === 'split-traffic' ? last.action.share : 1;
}

/** The steps of a plan that was not executed. Pure. */
export function plannedSteps(plan: Plan): readonly StepReport[] {
  return STAGES.flatMap((stage) =>
    [...plan.hosts].flatMap(([host, stages]) =>
      (stages[stage] ?? []).map((step) => ({
        host,
        stage,
        text: actionText(step.action),
        startMs: undefined,
        durationMs: undefined,
        ok: undefined,
        undo: false,
        note: step.reason,
      })),
    ),
  );
}
