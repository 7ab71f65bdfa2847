import type { CanaryStep } from '../../model/strategy.ts';
import { whyTrafficCannotBeSplit } from '../edge.ts';
import { servicesInRole } from '../host-queries.ts';
import type { PlanningContext, StrategyPlanner } from '../planning-context.ts';
import { type ReleaseInSlot, type Step, step, withReason } from '../steps.ts';
import { blueGreen } from './blue-green.ts';
import { isPreviousFullyRunning, replaceExclusiveAndSwitch, switchTrafficBack } from './common.ts';

/**
 * The new release comes up whole as in blue-green; then a growing share of the visitors meets it, and at each share it is
 * judged against the old one, before all of them do.
 */
export const canary: StrategyPlanner = (context) => {
  const stages = blueGreen(context);
  const { strategy } = context.desired;
  if (strategy.name !== 'canary') return stages;
  const baseline = canaryBaseline(context);
  if (typeof baseline === 'string')
    return { ...stages, switch: withReason(baseline, 'switch-traffic', stages.switch) };
  return {
    ...stages,
    switch: [
      ...strategy.steps
        .slice(0, -1)
        .flatMap((each, index) => splitAndWatch(context, each, baseline, index === 0)),
      ...replaceExclusiveAndSwitch(context, switchTrafficBack(context)),
    ],
  };
};

/** What the other visitors stay on, or why there is nothing that they could. */
function canaryBaseline(context: PlanningContext): ReleaseInSlot | string {
  const { previous, traffic } = context;
  if (previous === undefined || traffic?.release !== previous.id) {
    return 'all visitors at once: there is no old release that the new one could be judged against';
  }
  if (!isPreviousFullyRunning(context)) return 'all visitors at once: the old release is not whole';
  const why = whyTrafficCannotBeSplit(context);
  return why === undefined ? traffic : `all visitors at once: ${why}`;
}

/** One share for its time. Whatever fails from here on, the first share takes all of it back. */
function splitAndWatch(
  context: PlanningContext,
  { share, duration: time }: CanaryStep,
  baseline: ReleaseInSlot,
  first: boolean,
): readonly Step[] {
  const { desired, slot } = context;
  const release = desired.release.id;
  const services = servicesInRole(desired.release, 'served', 'internal');
  return [
    step(
      { kind: 'split-traffic', release, slot, share, baseline },
      ...(first ? switchTrafficBack(context) : []),
    ),
    ...(time > 0
      ? [
          step({
            kind: 'watch-release',
            purpose: 'canary',
            release,
            slot,
            services,
            duration: time,
            baseline,
            limits: desired.limits,
          }),
        ]
      : []),
  ];
}
