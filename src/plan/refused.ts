import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import type { Failure, Outcome } from './outcome.ts';

/** A release that should have come up again before anything else was done, and did not. */
export type Refusal = Pick<Failure, 'stage' | 'error'> & {
  readonly host: string;
  readonly action: { readonly release: string };
};

/**
 * What did not come up again, if that is all that a run has failed of: then another one may begin without it, since nothing
 * serves worse for that. Pure.
 */
export function refusedIn(outcome: Outcome, wanted: ReleaseId): readonly Refusal[] {
  if (outcome.kind === 'done' || outcome.left.length > 0) return [];
  const refusals = outcome.failures.filter(isRefusal).filter(({ action }) => action.release !== wanted);
  return refusals.length === outcome.failures.length ? refusals : [];
}

function isRefusal(failure: Failure): failure is Failure & Refusal {
  const { host, stage, action } = failure;
  return host !== undefined && stage === 'recover' && (action?.kind === 'start' || action?.kind === 'check');
}

/** Hosts on which no release is started again that was tried in vain. */
export function without(
  hosts: readonly ObservedHost[],
  refusals: readonly Refusal[],
): readonly ObservedHost[] {
  return hosts.map((host) => ({
    ...host,
    releases: host.releases.map((release) =>
      refusals.some((each) => each.host === host.host && each.action.release === release.id)
        ? { ...release, refused: true }
        : release,
    ),
  }));
}
