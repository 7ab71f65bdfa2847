import { HostError } from '../model/errors.ts';
import type { HostName, ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import type { ReplicaRange } from '../plan/replica-counts.ts';
import { type Labelled, replicaNumberOf, serviceOf } from './compose-labels.ts';

/** Replicas of a release: of all services without `services`. Actions that check, drain or stop containers have this form. */
export interface ReplicaQuery extends ReplicaRange {
  readonly release: ReleaseId;
  readonly services?: readonly ServiceName[];
}

/** Replicas of which some may fail. */
export type CheckedReplicas = Omit<Action<'check-health'>, 'kind'>;

/** The containers of the services; within a range, if there is one, in the order of their numbers. */
export function selectReplicas<T extends Labelled>(
  containers: readonly T[],
  { services, only, after }: Omit<ReplicaQuery, 'release'>,
): readonly T[] {
  const ofServices = containers.filter((each) => services?.includes(serviceOf(each) ?? '') ?? true);
  if (only === undefined && after === undefined) return ofServices;
  const ranks = new Map<ServiceName, number>();
  // By rank, not by number: numbers have gaps where a container was removed.
  const sorted = ofServices.toSorted((one, other) => replicaNumberOf(one) - replicaNumberOf(other));
  return sorted.filter((container) => {
    const service = serviceOf(container) ?? '';
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return rank >= (after?.[service] ?? 0) && (only === undefined || rank < (only[service] ?? 0));
  });
}

/** @throws HostError when a service has fewer containers than it should, beyond those that may fail */
export function verifyReplicaCounts(
  host: HostName,
  release: Release,
  containers: readonly Labelled[],
  { services, only, after = {}, tolerate = {} }: CheckedReplicas,
): void {
  for (const name of services) {
    const last = only === undefined ? (release.services[name]?.replicas ?? 1) : (only[name] ?? 0);
    const expected = last - (after[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < expected)
      throw new HostError(host, `${name} has ${found} of ${expected} containers. Deploy again.`);
  }
}
