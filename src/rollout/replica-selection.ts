import type { ContainerDetails } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/host-address.ts';
import type { Release, ServiceName } from '../model/release.ts';
import type { ReplicaCounts, ReplicaRange } from '../plan/actions.ts';
import { type Labelled, replicaNumberOf, serviceOf } from './compose-labels.ts';

/** The containers of each service within a range, in the order of their numbers; all of them without a range. */
export function selectReplicas<T extends Labelled>(
  containers: readonly T[],
  { only, after }: ReplicaRange,
): readonly T[] {
  if (only === undefined && after === undefined) return containers;
  const ranks = new Map<ServiceName, number>();
  // By rank, not by number: numbers have gaps where a container was removed.
  const sorted = containers.toSorted((one, other) => replicaNumberOf(one) - replicaNumberOf(other));
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
  containers: readonly ContainerDetails[],
  { services, only, after }: ReplicaRange & { readonly services: readonly ServiceName[] },
  tolerate: ReplicaCounts = {},
): void {
  for (const name of services) {
    const last = only === undefined ? (release.services[name]?.replicas ?? 1) : (only[name] ?? 0);
    const expected = last - (after?.[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < expected)
      throw new HostError(host, `${name} has ${found} of ${expected} containers.`);
  }
}
