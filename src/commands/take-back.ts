import { type Deployment, hostContextsOf } from '../deployment.ts';
import { reportProgress } from '../deployment-report.ts';
import type { Plan } from '../plan/plan.ts';
import { group } from '../report/console.ts';
import { combineFailures } from '../report/failures.ts';
import { stepReports } from '../report/step-reports.ts';
import { REMAINS_TEXT } from '../report/text-format.ts';
import { executePlan } from '../rollout/execute-plan.ts';
import { openImageDelivery } from '../rollout/image-delivery.ts';

/**
 * Takes back a first deploy that was cut short, and reports it.
 * @throws SealiftError if a step fails; the next deploy repairs what is left
 */
export async function takeBack(deployment: Deployment, plan: Plan): Promise<void> {
  const { fleet, observations, context } = deployment;
  // Its plan pulls nothing.
  await using images = openImageDelivery(deployment.transfer, fleet.engines, context);
  const contexts = await hostContextsOf(deployment, plan, observations, undefined, images);
  const outcome = await group(`Take back ${plan.release}`, () =>
    executePlan(plan, contexts, {
      verify: undefined,
      progress: reportProgress(plan, undefined, context.log),
      signal: context.signal,
    }),
  );
  const failures = outcome.kind === 'succeeded' ? [] : outcome.failures;
  context.report.set({ steps: stepReports(outcome.steps, failures) });
  if (outcome.kind !== 'succeeded') throw combineFailures(failures);
  context.report.set({
    result: 'rolled-back',
    state: `Nothing is live. ${REMAINS_TEXT}`,
    hosts: observations.map(({ host: { host } }) => ({
      ...{ host, was: undefined, is: undefined },
      why: 'the first deploy was cut short',
    })),
  });
}
