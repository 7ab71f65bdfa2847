import type { ServiceName } from '../model/identifiers.ts';
import type { ReleasedService } from '../model/release.ts';
import type { DesiredState } from './desired-state.ts';
import { positiveCounts, type ReplicaCounts } from './replica-counts.ts';

/** The part of an action that says how many replicas may fail; empty if none may. */
export interface Tolerance {
  readonly tolerate?: ReplicaCounts;
}

/** The tolerance for services of which at most `most(name)` replicas may fail. Pure. */
export function toleranceOf(
  services: readonly ServiceName[],
  most: (name: ServiceName) => number,
): Tolerance {
  const tolerate = positiveCounts(services, most);
  return tolerate === undefined ? {} : { tolerate };
}

/** How many of the `up` replicas of a service may fail by its `deploy.update_config`: never all of them. */
function allowedFailures({ replicas, update }: ReleasedService, up: number): number {
  if (update === undefined) return 0;
  const share = update.failureAction === 'continue' ? 1 : update.maxFailureRatio;
  // The addition makes a third of three 1, in spite of floating point.
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up - 1));
}

/** What a rolling deploy tolerates of services, of which all replicas or the first `up` ones run; other strategies: nothing. */
export function toleranceForRelease(
  { release, strategy }: Pick<DesiredState, 'release' | 'strategy'>,
  services: readonly ServiceName[],
  up: ReplicaCounts = {},
): Tolerance {
  if (strategy.name !== 'rolling') return {};
  return toleranceOf(services, (name) => {
    const service = release.services[name];
    return service === undefined ? 0 : allowedFailures(service, up[name] ?? service.replicas);
  });
}
