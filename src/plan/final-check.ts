import type { PlanningContext } from './planning-context.ts';
import { type ReleaseInSlot, type Step, step } from './steps.ts';
import { toleranceForRelease } from './tolerance.ts';

/**
 * The last look before a release is accepted: all of it, workers included, which have come last. The drain of the old release
 * takes about as long anyway, so it is begun here, where everything can be taken back still.
 */
export function finalCheckStep(context: PlanningContext): Step {
  const { release } = context.desired;
  const services = Object.keys(release.services);
  return step({
    kind: 'final-check',
    release: release.id,
    services,
    ...toleranceForRelease(context.desired, services),
    drain: releaseToDrain(context),
  });
}

/** What got the requests until the switch; without an edge to come, it gets them until the former one is closed. */
function releaseToDrain({ desired, previous, traffic }: PlanningContext): ReleaseInSlot | undefined {
  return desired.edgeFingerprint !== undefined && traffic !== undefined && traffic.release === previous?.id
    ? traffic
    : undefined;
}
