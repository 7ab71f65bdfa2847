import type { Part } from '../plan/steps.ts';
import { numberOf, serviceOf } from './labels.ts';

interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}

/** Containers in the order of their numbers. */
const inOrder = <T extends Labelled>(containers: readonly T[]): readonly T[] =>
  [...containers].sort((one, other) => numberOf(one) - numberOf(other));

/** The first so many containers of each service, by their numbers; all of them without a part. */
export function firstOf<T extends Labelled>(containers: readonly T[], part: Part | undefined): readonly T[] {
  return part === undefined ? containers : ranked(containers, part, (rank, first) => rank < first);
}

/** All but the first so many containers of each service. */
export function afterFirst<T extends Labelled>(containers: readonly T[], part: Part): readonly T[] {
  return ranked(containers, part, (rank, first) => rank >= first);
}

function ranked<T extends Labelled>(
  containers: readonly T[],
  part: Part,
  keep: (rank: number, first: number) => boolean,
): readonly T[] {
  const ranks = new Map<string, number>();
  return inOrder(containers).filter((container) => {
    const service = serviceOf(container) ?? '';
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return keep(rank, part[service] ?? 0);
  });
}
