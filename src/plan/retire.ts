import { hasDomains, releasesToPrune, serviceNamesOf } from './host-queries.ts';
import type { PlanningContext } from './planning-context.ts';
import { type Step, step } from './steps.ts';

/** What goes once the new release is accepted: the old one stops and stays; what nobody needs any more is removed. */
export function retireSteps(context: PlanningContext): readonly Step[] {
  const { host, desired, previous, traffic } = context;
  const steps: Step[] = [];
  const removesEdge = desired.edgeFingerprint === undefined && host.edge.state !== 'absent';
  // The edge's files outlive it: they must not say that the old release still has the traffic.
  if (removesEdge && traffic !== undefined) steps.push(step({ kind: 'clear-slot', slot: traffic.slot }));
  if (previous !== undefined && previous.id === traffic?.release) {
    steps.push(step({ kind: 'drain-traffic', release: previous.id, slot: traffic.slot }));
  }
  const services = serviceNamesOf(previous?.observed);
  if (previous !== undefined && services.length > 0) {
    steps.push(step({ kind: 'stop-services', release: previous.id, services, evidence: false }));
  }
  if (removesEdge) steps.push(step({ kind: 'remove-edge' }));
  const record = previous?.observed?.record;
  if (record !== undefined && hasDomains(record) && !hasDomains(desired.release)) {
    steps.push(step({ kind: 'remove-unused-front' }));
  }
  const toPrune = releasesToPrune(host, desired.release.id, previous?.id, desired.keep);
  if (toPrune.length > 0) steps.push(step({ kind: 'prune-releases', releases: toPrune }));
  return steps;
}
