import type { ReleasedService } from '../model/release.ts';

/**
 * How many of `up` replicas of a service may fail, as `deploy.update_config` has it: never all of them. Pure.
 */
export function toleranceOf(
  { replicas, update }: Pick<ReleasedService, 'replicas' | 'update'>,
  up: number,
): number {
  if (update === undefined) return 0;
  const share = update.failureAction === 'continue' ? 1 : update.maxFailureRatio;
  // A third of three is one, whatever floating point makes of it.
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up - 1));
}
