import type { HostTask, StrategyStages } from '../host.ts';
import { inRole, servicesOf } from '../situation.ts';
import { checkNew, handOver, startNew, stopOld } from './common.ts';

/** The old release stops, then the new one starts: for what must not run twice. Nothing answers in between. */
export function recreate(task: HostTask): StrategyStages {
  const all = inRole(task.wanted.release, 'served', 'internal', 'exclusive');
  const workers = inRole(task.previous?.observed?.record, 'worker');
  const old = servicesOf(task.previous?.observed).filter((service) => !workers.includes(service));
  return {
    start: [...stopOld(task, old), ...startNew(task, all)],
    check: checkNew(task, all),
    switch: handOver(task),
  };
}
