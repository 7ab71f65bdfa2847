import type { ServiceName } from '../model/release.ts';
import type { Part, Replicas } from '../plan/steps.ts';
import { numberOf, serviceOf } from './labels.ts';

interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}

/** Containers in the order of their numbers. */
const inOrder = <T extends Labelled>(containers: readonly T[]): readonly T[] =>
  [...containers].sort((one, other) => numberOf(one) - numberOf(other));

/** The containers that are meant of each service, by their numbers; all of them where nothing is said. */
export function meant<T extends Labelled>(containers: readonly T[], { only, after }: Replicas): readonly T[] {
  if (only === undefined && after === undefined) return containers;
  return ranked(
    containers,
    (rank, service) => rank >= (after?.[service] ?? 0) && (only === undefined || rank < (only[service] ?? 0)),
  );
}

/** The first so many containers of each service, by their numbers; all of them without a part. */
export function firstOf<T extends Labelled>(containers: readonly T[], only: Part | undefined): readonly T[] {
  return only === undefined ? containers : meant(containers, { only });
}

/** All but the first so many containers of each service. */
export function afterFirst<T extends Labelled>(containers: readonly T[], after: Part): readonly T[] {
  return meant(containers, { after });
}

function ranked<T extends Labelled>(
  containers: readonly T[],
  keep: (rank: number, service: ServiceName) => boolean,
): readonly T[] {
  const ranks = new Map<ServiceName, number>();
  return inOrder(containers).filter((container) => {
    const service = serviceOf(container) ?? '';
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return keep(rank, service);
  });
}
