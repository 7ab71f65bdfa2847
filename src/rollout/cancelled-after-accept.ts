import { formatCommand } from '../model/command-line.ts';
import { wasCancelled } from '../model/place-words.ts';
import type { StepResult } from '../plan/outcome.ts';
import type { Plan } from '../plan/plan.ts';

/** What a job leaves undone that is cancelled after the release was accepted. No later deploy runs its hooks, so they are named. */
export function cancelledAfterAcceptText({ hosts }: Plan, steps: readonly StepResult[]): string {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const started = new Set(steps.map(({ action }) => action));
  const lost = [...hosts].flatMap(([host, stages]) =>
    (stages['after-release'] ?? []).flatMap(({ action }) =>
      action.kind === 'run-hook' && !ended.has(action)
        ? [
            ` after-release ${started.has(action) ? 'was interrupted' : 'was not run'}, and no later deploy of this release runs it: ` +
              `${formatCommand(action.argv)} (in ${action.service} on ${host}).`,
          ]
        : [],
    ),
  );
  return [
    `${wasCancelled()} after the release was accepted: the release stays live.`,
    ' The next deploy stops and removes what is left.',
    ...lost,
  ].join('');
}
