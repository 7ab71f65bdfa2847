import type { ServiceName } from '../model/release.ts';
import type { ReplicaCounts, ReplicaRange } from '../plan/steps.ts';
import { replicaNumberOf, serviceOf } from './compose-labels.ts';

interface WithLabels {
  readonly labels: Readonly<Record<string, string>>;
}

/** Containers in the order of their numbers. */
const byReplicaNumber = <T extends WithLabels>(containers: readonly T[]): readonly T[] =>
  [...containers].sort((one, other) => replicaNumberOf(one) - replicaNumberOf(other));

/** The containers that are meant of each service, by their numbers; all of them where nothing is said. */
export function selectReplicas<T extends WithLabels>(
  containers: readonly T[],
  { only, after }: ReplicaRange,
): readonly T[] {
  if (only === undefined && after === undefined) return containers;
  return filterByRank(
    containers,
    (rank, service) => rank >= (after?.[service] ?? 0) && (only === undefined || rank < (only[service] ?? 0)),
  );
}

/** The first so many containers of each service, by their numbers; all of them without a part. */
export function firstReplicas<T extends WithLabels>(
  containers: readonly T[],
  only: ReplicaCounts | undefined,
): readonly T[] {
  return only === undefined ? containers : selectReplicas(containers, { only });
}

/** All but the first so many containers of each service. */
export function replicasAfter<T extends WithLabels>(
  containers: readonly T[],
  after: ReplicaCounts,
): readonly T[] {
  return selectReplicas(containers, { after });
}

function filterByRank<T extends WithLabels>(
  containers: readonly T[],
  keep: (rank: number, service: ServiceName) => boolean,
): readonly T[] {
  const ranks = new Map<ServiceName, number>();
  return byReplicaNumber(containers).filter((container) => {
    const service = serviceOf(container) ?? '';
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return keep(rank, service);
  });
}
