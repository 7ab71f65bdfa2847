import type { StrategyPlanner } from '../task.ts';
import { checkNew, moveOver, startNew, trafficBack } from './common.ts';

/**
 * The new release comes up whole in the idle slot while the old one serves; one switch moves all traffic. Services that
 * can't stand twice change hands right before the switch; taken back, they stand again before the traffic returns.
 */
export const blueGreen: StrategyPlanner = (task) => ({
  start: startNew(task, 'served', 'internal'),
  check: checkNew(task, 'served', 'internal'),
  switch: moveOver(task, trafficBack(task)),
});
