import type { ReleasedService, ServiceName } from '../model/release.ts';
import type { DesiredState } from './desired-state.ts';
import type { ReplicaCounts } from './steps.ts';

/**
 * How many of `up` replicas of a service may fail, as `deploy.update_config` has it: never all of them. Pure.
 */
export function allowedFailures(
  { replicas, update }: Pick<ReleasedService, 'replicas' | 'update'>,
  up: number,
): number {
  if (update === undefined) return 0;
  const share = update.failureAction === 'continue' ? 1 : update.maxFailureRatio;
  // A third of three is one, whatever floating point makes of it.
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up - 1));
}

/** What a rolling deploy has put up with so far is no reason to turn it back later. */
export function toleranceForRelease(
  { release, strategy }: Pick<DesiredState, 'release' | 'strategy'>,
  services: readonly ServiceName[],
): { readonly tolerate?: ReplicaCounts } {
  if (strategy.name !== 'rolling') return {};
  const lenient = services.flatMap((name) => {
    const service = release.services[name];
    const most = service === undefined ? 0 : allowedFailures(service, service.replicas);
    return most > 0 ? [[name, most] as const] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}
