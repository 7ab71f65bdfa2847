import { hasDomains, isFrontLeft, serviceNamesOf } from './host-queries.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';
import { pruneOldReleases } from './prune.ts';

/** Once the new release is accepted, the old one stops and is kept. What nothing needs any more is removed. */
export function retireSteps(context: PlanningContext): readonly Step[] {
  const { host, desired, previous, traffic } = context;
  const steps: Step[] = [];
  const removesEdge = desired.edgeFingerprint === undefined && host.edge.state !== 'absent';
  // The edge's files outlive it, and must not say that the old release still has the traffic.
  if (removesEdge && traffic !== undefined) steps.push(step({ kind: 'clear-slot', slot: traffic.slot }));
  if (previous !== undefined && previous.id === traffic?.release)
    steps.push(step({ kind: 'drain-traffic', release: previous.id, slot: traffic.slot }));
  const services = serviceNamesOf(previous?.observed);
  if (previous !== undefined && services.length > 0)
    steps.push(step({ kind: 'stop-services', release: previous.id, services }));
  if (removesEdge) steps.push(step({ kind: 'remove-edge' }));
  const hadDomains = previous?.record !== undefined && hasDomains(previous.record);
  if ((hadDomains && !hasDomains(desired.release)) || isFrontLeft(host, desired.release))
    steps.push(step({ kind: 'remove-unused-front' }));
  return [...steps, ...pruneOldReleases(context)];
}
