import type { Release } from '../model/release.ts';
import { missingAccessories } from './situation.ts';
import { type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';

/**
 * Accessories, networks and volumes that are missing. Early ones come before the release, late ones, which themselves
 * depend on a released service, once it stands.
 */
export function accessorySteps(task: HostTask, when: 'early' | 'late'): readonly Step[] {
  const { host, wanted } = task;
  const isLate = (name: string): boolean => wanted.release.lateAccessories.includes(name);
  const services = missingAccessories(host, wanted.release).filter(
    (name) => isLate(name) === (when === 'late'),
  );
  const needed = services.length > 0 || (when === 'early' && needsObjects(task));
  return needed ? [step({ kind: 'accessories', release: wanted.release.id, services })] : [];
}

/** Networks and volumes can't be seen in what is observed; what the live release was made with is there. */
function needsObjects({ wanted, live }: HostTask): boolean {
  const there = new Set(objectsOf(live?.observed?.record));
  return (
    live?.observed?.record === undefined || objectsOf(wanted.release).some((object) => !there.has(object))
  );
}

function objectsOf(release: Release | undefined): readonly string[] {
  const { networks = {}, volumes = {} } = release?.base ?? {};
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`),
  ];
}
