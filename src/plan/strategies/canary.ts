import type { CanaryStep } from '../../model/strategy.ts';
import type { ReleaseInSlot } from '../actions.ts';
import { whyTrafficCannotBeSplit } from '../edge.ts';
import { servicesInRole } from '../host-queries.ts';
import { type Step, step, withReason } from '../plan.ts';
import type { PlanningContext, StrategyPlanner } from '../planning-context.ts';
import { watchSteps } from '../release-checks.ts';
import { blueGreen } from './blue-green.ts';
import { isPreviousFullyRunning, replaceExclusiveAndSwitch, switchTrafficBack } from './common.ts';

/**
 * The complete new release starts as in blue-green. Then a growing share of the visitors gets it, and at each share it is
 * compared with the old release, before the switch gives it all traffic.
 */
export const canary: StrategyPlanner = (context) => {
  const stages = blueGreen(context);
  const { strategy } = context.desired;
  if (strategy.name !== 'canary') return stages;
  const baseline = canaryBaseline(context);
  if (typeof baseline === 'string') {
    const reason = `all visitors at once: ${baseline}`;
    return { ...stages, switch: withReason(reason, 'switch-traffic', stages.switch) };
  }
  const splits = strategy.steps.slice(0, -1);
  return {
    ...stages,
    switch: [
      ...splits.flatMap((each, index) => splitAndWatch(context, each, baseline, index === 0)),
      ...replaceExclusiveAndSwitch(context, switchTrafficBack(context)),
    ],
  };
};

/** The release that all other visitors stay on, or why there is none. */
function canaryBaseline(context: PlanningContext): ReleaseInSlot | string {
  const { previous, traffic } = context;
  if (previous === undefined || traffic?.release !== previous.id)
    return 'there is no old release to compare the new one with';
  if (!isPreviousFullyRunning(context)) return 'the old release does not run completely';
  return whyTrafficCannotBeSplit(context) ?? traffic;
}

/** One share for its time. If a later step fails, the undo of the first share returns all visitors. */
function splitAndWatch(
  context: PlanningContext,
  { share, duration }: CanaryStep,
  baseline: ReleaseInSlot,
  first: boolean,
): readonly Step[] {
  const { desired, slot } = context;
  const services = servicesInRole(desired.release, 'served', 'internal');
  const back = first ? switchTrafficBack(context) : [];
  return [
    step({ kind: 'split-traffic', release: desired.release.id, slot, share, baseline }, ...back),
    ...watchSteps(context, 'canary', services, duration, { baseline }),
  ];
}
