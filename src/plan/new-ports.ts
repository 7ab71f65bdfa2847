import { portsOverlap } from '../model/published-port.ts';
import type { Release } from '../model/release.ts';
import { hasDomains } from './host-queries.ts';
import { type NeededPort, neededPorts } from './needed-ports.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';

/** Ports of the host that a release publishes, itself or by the edge; those of the front and of accessories are not among them. */
function portsOfRelease(release: Release): readonly NeededPort[] {
  // With a front that runs, it needs no ports.
  const host = { frontRunning: hasDomains(release), accessories: [] };
  return neededPorts(host, { ...release, base: { ...release.base, services: {} } });
}

/**
 * Ports that this app did not have before are tried first: a program outside Docker that has one is found before anything stops for it.
 * Without the record of the live release nothing is known of its ports. Pure.
 */
export function tryPortsSteps({ host, live, desired }: PlanningContext): readonly Step[] {
  const { release, edgeFingerprint } = desired;
  if (live !== undefined && live.record === undefined) return [];
  const before = live?.record === undefined ? [] : portsOfRelease(live.record);
  const edgeHasThem = host.edge.state === 'running' && host.edge.fingerprint === edgeFingerprint;
  const ports = portsOfRelease(release).filter(
    (port) =>
      !(edgeHasThem && port.service === undefined) &&
      !before.some((each) => each.protocol === port.protocol && portsOverlap(each, port)),
  );
  return ports.length === 0 ? [] : [step({ kind: 'try-ports', release: release.id, ports })];
}
