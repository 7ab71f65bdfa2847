import type { HostTask, StrategyStages } from '../host.ts';
import { inRole } from '../situation.ts';
import { checkNew, handOver, startNew, stopOld } from './common.ts';

/**
 * The new release comes up whole in the idle slot while the old one serves; one switch moves all traffic. Services that
 * can't stand twice change hands right before the switch, in front of nobody else's back.
 */
export function blueGreen(task: HostTask): StrategyStages {
  const beside = inRole(task.wanted.release, 'served', 'internal');
  const exclusive = inRole(task.wanted.release, 'exclusive');
  const oldExclusive = inRole(task.previous?.observed?.record, 'exclusive');
  return {
    start: startNew(task, beside),
    check: checkNew(task, beside),
    switch: [
      ...stopOld(task, oldExclusive),
      ...startNew(task, exclusive),
      ...checkNew(task, exclusive),
      ...handOver(task),
    ],
  };
}
