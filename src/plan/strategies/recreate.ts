import { newEdgeSteps, releasePortSteps } from '../edge.ts';
import { serviceNamesOf, servicesInRole } from '../host-queries.ts';
import type { StrategyPlanner } from '../planning-context.ts';
import { applyRoutesAndSwitch, checkNew, startNew, stopOldServices, switchTrafficBack } from './common.ts';

/** The old release stops, then the new one starts: for apps that can't run twice. In between nothing answers. */
export const recreate: StrategyPlanner = (context) => {
  const workers = servicesInRole(context.previous?.record, 'worker');
  const old = serviceNamesOf(context.previous?.observed).filter((service) => !workers.includes(service));
  const back = switchTrafficBack(context);
  return {
    start: [
      ...stopOldServices(context, old, {}, back),
      ...releasePortSteps(context),
      ...newEdgeSteps(context),
      ...startNew(context, 'served', 'internal', 'exclusive'),
    ],
    check: checkNew(context, 'served', 'internal', 'exclusive'),
    switch: applyRoutesAndSwitch(context, old.length === 0 ? back : []),
  };
};
