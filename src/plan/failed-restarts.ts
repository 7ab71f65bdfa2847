import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import type { Outcome, RolloutFailure } from './outcome.ts';

/** A release that should have come up again before anything else was done, and did not. */
export type FailedRestart = Pick<RolloutFailure, 'stage' | 'error'> & {
  readonly host: string;
  readonly action: { readonly release: string };
};

/**
 * What did not come up again, if that is all that a run has failed of: then another one may begin without it, since nothing
 * serves worse for that. Pure.
 */
export function onlyFailedRestarts(outcome: Outcome, desired: ReleaseId): readonly FailedRestart[] {
  if (outcome.kind === 'succeeded' || outcome.undoFailures.length > 0) return [];
  const failedRestarts = outcome.failures
    .filter(isFailedRestart)
    .filter(({ action }) => action.release !== desired);
  return failedRestarts.length === outcome.failures.length ? failedRestarts : [];
}

function isFailedRestart(failure: RolloutFailure): failure is RolloutFailure & FailedRestart {
  const { host, stage, action } = failure;
  return (
    host !== undefined &&
    stage === 'recover' &&
    (action?.kind === 'start-services' || action?.kind === 'check-health')
  );
}

/** Hosts on which no release is started again that was tried in vain. */
export function markRestartFailed(
  hosts: readonly ObservedHost[],
  failedRestarts: readonly FailedRestart[],
): readonly ObservedHost[] {
  return hosts.map((host) => ({
    ...host,
    releases: host.releases.map((release) =>
      failedRestarts.some((each) => each.host === host.host && each.action.release === release.id)
        ? { ...release, restartFailed: true }
        : release,
    ),
  }));
}
