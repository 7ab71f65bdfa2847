import type { ObservedHost } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { pickKeys } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import type { Action, ReleaseInSlot } from './actions.ts';
import { liveRelease, servicesInRole } from './host-queries.ts';
import { type Step, step } from './plan.ts';
import { type PlanningContext, withoutEnded } from './planning-context.ts';
import type { ReplicaCounts } from './replica-counts.ts';
import { toleranceForRelease } from './tolerance.ts';

/** The checks of a release that has all the traffic, before it is accepted. */

/** Milliseconds in which a proxy of the user's own finds new containers: Traefik takes up to 2 s. */
const MIN_PROXY_OVERLAP = 5_000;

/**
 * How long the old release runs beside the new one, in milliseconds: the bake time, and if another proxy than Sealift's edge
 * moves the requests, at least long enough for it to find the new release. Pure.
 */
export function proxyOverlap(release: Release, hosts: readonly ObservedHost[], bake: number): number {
  const replaces = hosts.map(liveRelease).some((live) => live !== undefined && live.id !== release.id);
  const usesOtherProxy = release.routes.length === 0 && servicesInRole(release, 'internal').length > 0;
  return replaces && usesOtherProxy ? Math.max(bake, MIN_PROXY_OVERLAP) : bake;
}

/** Watches services of the new release, or their first `up` replicas; no step without a duration or services. */
export function watchSteps(
  context: PlanningContext,
  purpose: Action<'watch-release'>['purpose'],
  names: readonly ServiceName[],
  duration: number,
  { baseline, up }: { readonly baseline?: ReleaseInSlot | undefined; readonly up?: ReplicaCounts } = {},
): readonly Step[] {
  const { desired, slot } = context;
  const services = watchedServices(context, names);
  if (duration === 0 || services.length === 0) return [];
  const only = up && { only: pickKeys(up, services) };
  return [
    step({
      kind: 'watch-release',
      purpose,
      release: desired.release.id,
      slot,
      services,
      ...only,
      ...toleranceForRelease(desired, services, up),
      duration,
      baseline,
      limits: baseline && desired.limits,
    }),
  ];
}

/** Those that keep running. A service that ends has passed its check by its end. */
const watchedServices = (context: PlanningContext, names: readonly ServiceName[]): readonly ServiceName[] =>
  withoutEnded(context, names).filter((name) => context.desired.release.services[name]?.oneShot !== true);

/**
 * Watches a release while the old one still runs, or alone after a `recreate`. The repair of a release that was accepted
 * before needs no bake.
 */
export function bakeSteps(context: PlanningContext): readonly Step[] {
  const { host, desired, previous } = context;
  const { release, strategy } = desired;
  if (previous === undefined && host.accepted === release.id) return [];
  const lastCanaryStep = strategy.name === 'canary' ? (strategy.steps.at(-1)?.duration ?? 0) : 0;
  const duration = Math.max(desired.bake, lastCanaryStep);
  const services = servicesInRole(release, 'served', 'internal', 'exclusive');
  return watchSteps(context, 'bake', services, duration, { baseline: replacedTraffic(context) });
}

/**
 * Checks the complete release once more, with the workers, which started last. The old release drains at the same time: that
 * takes about as long, and everything can still be undone.
 */
export function finalCheckStep(context: PlanningContext): Step {
  const { release } = context.desired;
  const services = watchedServices(context, Object.keys(release.services));
  return step({
    kind: 'final-check',
    release: release.id,
    services,
    ...toleranceForRelease(context.desired, services),
    drain: replacedTraffic(context),
  });
}

/**
 * The old release, if the edge sent it the requests until the switch. If the desired release has no edge, the old one keeps
 * its requests until its edge is removed.
 */
function replacedTraffic({ desired, previous, traffic }: PlanningContext): ReleaseInSlot | undefined {
  return desired.edgeFingerprint !== undefined && traffic?.release === previous?.id ? traffic : undefined;
}
