import { inRole } from './situation.ts';
import { type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';
import { tolerated } from './tolerance.ts';

/**
 * A time in which a release that has all the traffic is watched while the old one still runs; or no longer, after a
 * recreation. What was accepted before and is only mended needs none.
 */
export function bakeSteps({ host, wanted, previous, traffic, slot }: HostTask): readonly Step[] {
  const { release, strategy, limits } = wanted;
  const last = strategy.name === 'canary' ? (strategy.steps.at(-1)?.for ?? 0) : 0;
  const time = Math.max(wanted.bake, last);
  const services = inRole(release, 'served', 'internal', 'exclusive');
  const mended = previous === undefined && host.accepted === release.id;
  if (time === 0 || services.length === 0 || mended) return [];
  const measured = wanted.edge !== undefined && traffic !== undefined && traffic.release === previous?.id;
  const against = measured ? traffic : undefined;
  return [
    step({
      kind: 'watch',
      why: 'bake',
      release: release.id,
      slot,
      services,
      ...tolerated(wanted, services),
      for: time,
      against,
      limits: measured ? limits : undefined,
    }),
  ];
}
