import type { Release, ReleaseId, ServiceName } from '../model/release.ts';
import { changedAccessories } from './changed-accessories.ts';
import { missingAccessories } from './host-queries.ts';
import type { PlanningContext } from './planning-context.ts';
import { type Action, type Step, step, withReason } from './steps.ts';

/**
 * Accessories, networks and volumes that are missing, and accessories that are to be made anew because their definition has
 * changed. Early ones come before the release, late ones, which themselves depend on a released service, once it stands.
 */
export function accessorySteps(context: PlanningContext, when: 'early' | 'late'): readonly Step[] {
  const { host, desired } = context;
  const isInPhase = (name: ServiceName): boolean =>
    desired.release.lateAccessories.includes(name) === (when === 'late');
  const release = desired.release.id;
  const outdated = outdatedAccessories(context).filter(isInPhase);
  // One that fell over is not started again as it was, when it is to be another one.
  const missing = missingAccessories(host, desired.release).filter(
    (name) => isInPhase(name) && !outdated.includes(name),
  );
  const needed = missing.length > 0 || (when === 'early' && needsNetworksOrVolumes(context));
  const reason = 'their definition has changed';
  return [
    ...(needed ? [step({ kind: 'ensure-accessories', release, services: missing })] : []),
    ...(outdated.length > 0
      ? withReason(reason, 'ensure-accessories', [
          step(
            { kind: 'ensure-accessories', release, services: outdated, recreate: outdated },
            ...restoreFormerDefinitions(context, outdated),
          ),
        ])
      : []),
  ];
}

/** Accessories that are to be made anew. */
export function outdatedAccessories({ host, desired }: PlanningContext): readonly ServiceName[] {
  return desired.updateAccessories ? changedAccessories(host, desired.release) : [];
}

/** The former definition of each, from whichever release is recorded with it: one may have been left alone for long. */
function restoreFormerDefinitions(
  { host }: PlanningContext,
  names: readonly ServiceName[],
): readonly Action[] {
  const byRelease = new Map<ReleaseId, ServiceName[]>();
  for (const name of names) {
    const made = host.accessories.find(({ service }) => service === name)?.definitionFingerprint;
    const known = host.releases.find(({ record }) => record?.definitions?.[name] === made);
    if (made !== undefined && known !== undefined)
      byRelease.set(known.id, [...(byRelease.get(known.id) ?? []), name]);
  }
  return [...byRelease].map(([release, services]) => ({
    kind: 'ensure-accessories',
    release,
    services,
    recreate: services,
  }));
}

/** Networks and volumes can't be seen in what is observed; what the live release was made with is there. */
function needsNetworksOrVolumes({ desired, live }: PlanningContext): boolean {
  const existing = new Set(networksAndVolumesOf(live?.observed?.record));
  return (
    live?.observed?.record === undefined ||
    networksAndVolumesOf(desired.release).some((object) => !existing.has(object))
  );
}

function networksAndVolumesOf(release: Release | undefined): readonly string[] {
  const { networks = {}, volumes = {} } = release?.base ?? {};
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`),
  ];
}
