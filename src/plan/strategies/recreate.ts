import { inRole, servicesOf } from '../situation.ts';
import type { StrategyPlanner } from '../task.ts';
import { checkNew, handOver, startNew, stopOld, trafficBack } from './common.ts';

/** The old release stops, then the new one starts: for what must not run twice. Nothing answers in between. */
export const recreate: StrategyPlanner = (task) => {
  const workers = inRole(task.previous?.observed?.record, 'worker');
  const old = servicesOf(task.previous?.observed).filter((service) => !workers.includes(service));
  const back = trafficBack(task);
  return {
    start: [...stopOld(task, old, back), ...startNew(task, 'served', 'internal', 'exclusive')],
    check: checkNew(task, 'served', 'internal', 'exclusive'),
    switch: handOver(task, old.length === 0 ? back : []),
  };
};
