import { servicesInRole } from './host-queries.ts';
import type { PlanningContext } from './planning-context.ts';
import type { Step } from './steps.ts';
import { checkNew, startNew, stopOldServices } from './strategies/common.ts';
import { rollingUpdateOf } from './strategies/rolling.ts';
import { batchesOf, stopRemaining } from './strategies/rolling-batches.ts';

/**
 * Workers change hands once the release has proven itself: the new ones start, then the old ones stop; a few at a time, where
 * all are to be replaced so.
 */
export function workerSteps(context: PlanningContext): readonly Step[] {
  const rollingUpdate =
    context.desired.strategy.name === 'rolling' ? rollingUpdateOf(context, 'worker') : undefined;
  const old = servicesInRole(context.previous?.observed?.record, 'worker');
  if (rollingUpdate === undefined || rollingUpdate.services.length === 0) {
    return [...startNew(context, 'worker'), ...checkNew(context, 'worker'), ...stopOldServices(context, old)];
  }
  const batches = batchesOf(rollingUpdate);
  return [
    ...batches.flatMap((batch, index) => [
      ...batch.start,
      ...batch.check,
      ...batch.monitor,
      ...batch.stop,
      ...(index === batches.length - 1 ? [] : batch.delay),
    ]),
    ...stopRemaining(rollingUpdate, old),
  ];
}
