import type { Release, ReleaseId, ServiceName } from '../model/release.ts';
import { changedAccessories } from './changed.ts';
import { missingAccessories } from './situation.ts';
import { type Action, because, type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';

/**
 * Accessories, networks and volumes that are missing, and accessories that are to be made anew because their definition has
 * changed. Early ones come before the release, late ones, which themselves depend on a released service, once it stands.
 */
export function accessorySteps(task: HostTask, when: 'early' | 'late'): readonly Step[] {
  const { host, wanted } = task;
  const isMine = (name: ServiceName): boolean =>
    wanted.release.lateAccessories.includes(name) === (when === 'late');
  const release = wanted.release.id;
  const anew = outdatedAccessories(task).filter(isMine);
  // One that fell over is not started again as it was, when it is to be another one.
  const missing = missingAccessories(host, wanted.release).filter(
    (name) => isMine(name) && !anew.includes(name),
  );
  const needed = missing.length > 0 || (when === 'early' && needsObjects(task));
  const reason = 'their definition has changed';
  return [
    ...(needed ? [step({ kind: 'accessories', release, services: missing })] : []),
    ...(anew.length > 0
      ? because(reason, 'accessories', [
          step({ kind: 'accessories', release, services: anew, anew }, ...asBefore(task, anew)),
        ])
      : []),
  ];
}

/** Accessories that are to be made anew. */
export function outdatedAccessories({ host, wanted }: HostTask): readonly ServiceName[] {
  return wanted.updateAccessories ? changedAccessories(host, wanted.release) : [];
}

/** The former definition of each, from whichever release is recorded with it: one may have been left alone for long. */
function asBefore({ host }: HostTask, names: readonly ServiceName[]): readonly Action[] {
  const byRelease = new Map<ReleaseId, ServiceName[]>();
  for (const name of names) {
    const made = host.accessories.find(({ service }) => service === name)?.definition;
    const known = host.releases.find(({ record }) => record?.definitions?.[name] === made);
    if (made !== undefined && known !== undefined)
      byRelease.set(known.id, [...(byRelease.get(known.id) ?? []), name]);
  }
  return [...byRelease].map(([release, services]) => ({
    kind: 'accessories',
    release,
    services,
    anew: services,
  }));
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
