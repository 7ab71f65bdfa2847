import { inRole } from '../situation.ts';
import type { StrategyPlanner } from '../task.ts';
import { checkNew, handOver, startNew, stopOld, trafficBack } from './common.ts';

/**
 * The new release comes up whole in the idle slot while the old one serves; one switch moves all traffic. Services that
 * can't stand twice change hands right before the switch; taken back, they stand again before the traffic returns.
 */
export const blueGreen: StrategyPlanner = (task) => {
  const oldExclusive = inRole(task.previous?.observed?.record, 'exclusive');
  const back = trafficBack(task);
  return {
    start: startNew(task, 'served', 'internal'),
    check: checkNew(task, 'served', 'internal'),
    switch: [
      ...stopOld(task, oldExclusive, back),
      ...startNew(task, 'exclusive'),
      ...checkNew(task, 'exclusive'),
      ...handOver(task, oldExclusive.length === 0 ? back : []),
    ],
  };
};
