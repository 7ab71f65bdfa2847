import { inRole } from './situation.ts';
import type { Step } from './steps.ts';
import { checkNew, startNew, stopOld } from './strategies/common.ts';
import { beatsOf, stopRest } from './strategies/roll.ts';
import { rollOf } from './strategies/rolling.ts';
import type { HostTask } from './task.ts';

/**
 * Workers change hands once the release has proven itself: the new ones start, then the old ones stop; a few at a time, where
 * all are to be replaced so.
 */
export function workerSteps(task: HostTask): readonly Step[] {
  const roll = task.wanted.strategy.name === 'rolling' ? rollOf(task, 'worker') : undefined;
  const old = inRole(task.previous?.observed?.record, 'worker');
  if (roll === undefined || roll.services.length === 0) {
    return [...startNew(task, 'worker'), ...checkNew(task, 'worker'), ...stopOld(task, old)];
  }
  const beats = beatsOf(roll);
  return [
    ...beats.flatMap((beat, index) => [
      ...beat.start,
      ...beat.check,
      ...beat.monitor,
      ...beat.stop,
      ...(index === beats.length - 1 ? [] : beat.delay),
    ]),
    ...stopRest(roll, old),
  ];
}
