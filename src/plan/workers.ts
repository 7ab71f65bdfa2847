import { servicesInRole } from './host-queries.ts';
import type { Step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';
import { checkNew, startNew, stopOldServices } from './strategies/common.ts';
import { rollingUpdateOf } from './strategies/rolling.ts';
import { batchesOf, stopRemaining } from './strategies/rolling-batches.ts';

/** Replaces workers once the release is verified: the new ones start, then the old ones stop; with `rolling`, in batches. */
export function workerSteps(context: PlanningContext): readonly Step[] {
  const update = context.desired.strategy.name === 'rolling' ? rollingUpdateOf(context, 'worker') : undefined;
  const old = servicesInRole(context.previous?.record, 'worker');
  if (update === undefined || update.services.length === 0)
    return [...startNew(context, 'worker'), ...checkNew(context, 'worker'), ...stopOldServices(context, old)];
  const batches = batchesOf(update);
  return [
    ...batches.flatMap(({ start, check, monitor, stop, delay }, index) => [
      ...start,
      ...check,
      ...monitor,
      ...stop,
      ...(index === batches.length - 1 ? [] : delay),
    ]),
    ...stopRemaining(update, old),
  ];
}
