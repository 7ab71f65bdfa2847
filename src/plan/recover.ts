import type { ReleaseId } from '../model/release.ts';
import { isRunning, servicesOf } from './situation.ts';
import { type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';

/** Mends what an interrupted run left: traffic on a release that was never accepted, releases that run beside. */
export function recoverSteps({ host, wanted, stranded, live }: HostTask): readonly Step[] {
  const steps: Step[] = [];
  if (stranded?.slot !== undefined && host.traffic !== undefined) {
    steps.push(step({ kind: 'switch', release: stranded.id, slot: stranded.slot }));
    steps.push(step({ kind: 'drain', release: host.traffic.release, slot: host.traffic.slot }));
  }
  const spared = new Set<ReleaseId | undefined>([live?.id, wanted.release.id]);
  for (const stray of host.releases.filter((release) => !spared.has(release.id) && isRunning(release))) {
    steps.push(step({ kind: 'stop', release: stray.id, services: servicesOf(stray), evidence: false }));
  }
  return steps;
}
