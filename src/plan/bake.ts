import { servicesInRole } from './host-queries.ts';
import type { PlanningContext } from './planning-context.ts';
import { type Step, step } from './steps.ts';
import { toleranceForRelease } from './tolerance.ts';

/**
 * A time in which a release that has all the traffic is watched while the old one still runs; or no longer, after a
 * recreation. What was accepted before and is only mended needs none.
 */
export function bakeSteps({ host, desired, previous, traffic, slot }: PlanningContext): readonly Step[] {
  const { release, strategy, limits } = desired;
  const last = strategy.name === 'canary' ? (strategy.steps.at(-1)?.duration ?? 0) : 0;
  const time = Math.max(desired.bake, last);
  const services = servicesInRole(release, 'served', 'internal', 'exclusive');
  const isRepair = previous === undefined && host.accepted === release.id;
  if (time === 0 || services.length === 0 || isRepair) return [];
  const measured =
    desired.edgeFingerprint !== undefined && traffic !== undefined && traffic.release === previous?.id;
  const baseline = measured ? traffic : undefined;
  return [
    step({
      kind: 'watch-release',
      purpose: 'bake',
      release: release.id,
      slot,
      services,
      ...toleranceForRelease(desired, services),
      duration: time,
      baseline,
      limits: measured ? limits : undefined,
    }),
  ];
}
