import { servicesOf, superfluous, wantsDomains } from './situation.ts';
import { type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';

/** What goes once the new release is accepted: the old one stops and stays; what nobody needs any more is removed. */
export function retireSteps(task: HostTask): readonly Step[] {
  const { host, wanted, previous, traffic } = task;
  const steps: Step[] = [];
  const closes = wanted.edge === undefined && host.edge.state !== 'absent';
  // The edge's files outlive it: they must not say that the old release still has the traffic.
  if (closes && traffic !== undefined) steps.push(step({ kind: 'clear', slot: traffic.slot }));
  if (previous !== undefined && previous.id === traffic?.release) {
    steps.push(step({ kind: 'drain', release: previous.id, slot: traffic.slot }));
  }
  const services = servicesOf(previous?.observed);
  if (previous !== undefined && services.length > 0) {
    steps.push(step({ kind: 'stop', release: previous.id, services, evidence: false }));
  }
  if (closes) steps.push(step({ kind: 'remove-edge' }));
  const record = previous?.observed?.record;
  if (record !== undefined && wantsDomains(record) && !wantsDomains(wanted.release)) {
    steps.push(step({ kind: 'remove-unused-front' }));
  }
  const gone = superfluous(host, wanted.release.id, previous?.id, wanted.keep);
  if (gone.length > 0) steps.push(step({ kind: 'prune', releases: gone }));
  return steps;
}
