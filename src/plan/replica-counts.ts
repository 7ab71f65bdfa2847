import { pickKeys } from '../model/json.ts';
import type { ServiceName } from '../model/release.ts';
import type { ReplicaCounts, ReplicaRange } from './actions.ts';

/** Arithmetic with counts of replicas by service. All functions are pure. */

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
