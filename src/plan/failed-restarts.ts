import type { ObservedHost } from '../model/host.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import type { Outcome } from './outcome.ts';

/*
 * Recovery starts containers that a killed run had stopped. If they do not start, the run goes on without them: they served
 * nothing, and the new release may be what repairs the host. So the failure is reported, the hosts are observed and planned
 * again, and the releases that failed are marked (`restartFailed`), so that no plan of this run starts them again.
 */

/** A release that recovery could not start on a host. */
export interface FailedRestart {
  readonly host: HostName;
  readonly release: ReleaseId;
  readonly error: unknown;
}

/**
 * The failed restarts of former releases, if a run failed for no other reason and undid everything; otherwise none. Then the
 * run can go on without them. Pure.
 */
export function onlyFailedRestarts(outcome: Outcome, desired: ReleaseId): readonly FailedRestart[] {
  if (outcome.kind === 'succeeded' || outcome.undoFailures.length > 0) return [];
  const failedRestarts = outcome.failures.flatMap(({ host, stage, action, error }) =>
    host !== undefined &&
    stage === 'recover' &&
    (action?.kind === 'start-services' || action?.kind === 'check-health') &&
    action.release !== desired
      ? [{ host, release: action.release, error }]
      : [],
  );
  return failedRestarts.length === outcome.failures.length ? failedRestarts : [];
}

/** The hosts, with `restartFailed` on the releases that this run could not start. Pure. */
export function markRestartFailed(
  hosts: readonly ObservedHost[],
  failedRestarts: readonly FailedRestart[],
): readonly ObservedHost[] {
  return hosts.map((host) => ({
    ...host,
    releases: host.releases.map((release) =>
      failedRestarts.some((each) => each.host === host.host && each.release === release.id)
        ? { ...release, restartFailed: true }
        : release,
    ),
  }));
}
