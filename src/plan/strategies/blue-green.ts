import type { StrategyPlanner } from '../planning-context.ts';
import { checkNew, replaceExclusiveAndSwitch, startNew, switchTrafficBack } from './common.ts';

/**
 * The new release comes up whole in the idle slot while the old one serves; one switch moves all traffic. Services that
 * can't stand twice change hands right before the switch; taken back, they stand again before the traffic returns.
 */
export const blueGreen: StrategyPlanner = (context) => ({
  start: startNew(context, 'served', 'internal'),
  check: checkNew(context, 'served', 'internal'),
  switch: replaceExclusiveAndSwitch(context, switchTrafficBack(context)),
});
