import type { StrategyPlanner } from '../planning-context.ts';
import {
  checkNew,
  replaceExclusiveAndSwitch,
  startNew,
  switchTrafficBack,
  takePortsFromServices,
} from './common.ts';

/**
 * The complete new release starts in the idle slot while the old one serves; one switch moves all traffic. Exclusive services
 * are replaced right before the switch. The undo starts them again before the traffic returns.
 */
export const blueGreen: StrategyPlanner = (context) => ({
  start: [...takePortsFromServices(context), ...startNew(context, 'served', 'internal')],
  check: checkNew(context, 'served', 'internal'),
  switch: replaceExclusiveAndSwitch(context, switchTrafficBack(context)),
});
