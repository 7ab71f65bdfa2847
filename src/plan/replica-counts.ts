import type { ServiceName } from '../model/identifiers.ts';
import { pickKeys } from '../model/json.ts';
import { joinWithAnd } from '../model/text.ts';

/** How many replicas of each service, counted from the first one; none of a service that is not named. */
export type ReplicaCounts = Readonly<Record<ServiceName, number>>;

/** The replicas that an action applies to: all of them if it is empty. */
export interface ReplicaRange {
  readonly only?: ReplicaCounts;
  /** Without the first so many: `only` 3 and `after` 2 is the third replica alone. */
  readonly after?: ReplicaCounts;
}

/** A count for each of `services`. */
export const countReplicas = <Service extends { readonly name: ServiceName }>(
  services: readonly Service[],
  count: (service: Service) => number,
): ReplicaCounts => Object.fromEntries(services.map((service) => [service.name, count(service)]));

/** The counts above 0; `undefined` if there are none. */
export function positiveCounts(
  names: readonly ServiceName[],
  count: (name: ServiceName) => number,
): ReplicaCounts | undefined {
  const entries = names.map((name) => [name, count(name)] as const).filter(([, each]) => each > 0);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Names of the services of which there are more than before. */
export const increasedServices = (before: ReplicaCounts, after: ReplicaCounts): readonly ServiceName[] =>
  Object.keys(after).filter((name) => (after[name] ?? 0) > (before[name] ?? 0));

/** The replicas of services without the first `counts`. */
export function replicasAfter(counts: ReplicaCounts, names: readonly ServiceName[]): ReplicaRange {
  const after = positiveCounts(names, (name) => counts[name] ?? 0);
  return after === undefined ? {} : { after };
}

/** The replicas of services from one count to another. */
export function replicasBetween(
  from: ReplicaCounts,
  to: ReplicaCounts,
  names: readonly ServiceName[],
): ReplicaRange {
  return { only: pickKeys(to, names), ...replicasAfter(from, names) };
}

/** Services, or a range of their replicas: `web 1–2 and worker 1`. Pure. */
export function replicasText({
  services,
  only,
  after,
}: ReplicaRange & { readonly services: readonly ServiceName[] }): string {
  if (only !== undefined) return replicaRangeText(only, after);
  return joinWithAnd(services.map((name) => (after?.[name] ? `${name} from ${after[name] + 1}` : name)));
}

/** The replicas of a range by service. Pure. */
export function replicaRangeText(only: ReplicaCounts, after: ReplicaCounts = {}): string {
  return joinWithAnd(
    Object.entries(only).flatMap(([service, count]) => {
      const first = (after[service] ?? 0) + 1;
      if (count < first) return [];
      return [count === first ? `${service} ${count}` : `${service} ${first}–${count}`];
    }),
  );
}
