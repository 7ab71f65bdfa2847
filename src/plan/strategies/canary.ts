import type { CanaryStep } from '../../model/strategy.ts';
import { whyNotBoth } from '../edge.ts';
import { inRole } from '../situation.ts';
import { because, type Placed, type Step, step } from '../steps.ts';
import type { HostTask, StrategyPlanner } from '../task.ts';
import { blueGreen } from './blue-green.ts';
import { moveOver, oldIsWhole, trafficBack } from './common.ts';

/**
 * The new release comes up whole as in blue-green; then a growing share of the visitors meets it, and at each share it is
 * judged against the old one, before all of them do.
 */
export const canary: StrategyPlanner = (task) => {
  const stages = blueGreen(task);
  const { strategy } = task.wanted;
  if (strategy.name !== 'canary') return stages;
  const others = oldOnes(task);
  if (typeof others === 'string') return { ...stages, switch: because(others, 'switch', stages.switch) };
  return {
    ...stages,
    switch: [
      ...strategy.steps.slice(0, -1).flatMap((each, index) => judged(task, each, others, index === 0)),
      ...moveOver(task, trafficBack(task)),
    ],
  };
};

/** What the other visitors stay on, or why there is nothing that they could. */
function oldOnes(task: HostTask): Placed | string {
  const { previous, traffic } = task;
  if (previous === undefined || traffic?.release !== previous.id) {
    return 'all visitors at once: there is no old release that the new one could be judged against';
  }
  if (!oldIsWhole(task)) return 'all visitors at once: the old release is not whole';
  const why = whyNotBoth(task);
  return why === undefined ? traffic : `all visitors at once: ${why}`;
}

/** One share for its time. Whatever fails from here on, the first share takes all of it back. */
function judged(
  task: HostTask,
  { share, for: time }: CanaryStep,
  others: Placed,
  first: boolean,
): readonly Step[] {
  const { wanted, slot } = task;
  const release = wanted.release.id;
  const services = inRole(wanted.release, 'served', 'internal');
  return [
    step({ kind: 'share', release, slot, share, others }, ...(first ? trafficBack(task) : [])),
    ...(time > 0
      ? [
          step({
            kind: 'watch',
            why: 'canary',
            release,
            slot,
            services,
            for: time,
            against: others,
            limits: wanted.limits,
          }),
        ]
      : []),
  ];
}
