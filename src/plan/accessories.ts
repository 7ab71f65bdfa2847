import type { ObservedContainer, ObservedHost } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import type { Action } from './actions.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';

/**
 * Creates or starts accessories, networks and volumes that are missing, and recreates outdated accessories. Early ones come
 * before the release; late ones depend on a released service and come after it.
 */
export function accessorySteps(context: PlanningContext, when: 'early' | 'late'): readonly Step[] {
  const { host, desired } = context;
  const { id: release, lateAccessories } = desired.release;
  const isInPhase = (name: ServiceName): boolean => lateAccessories.includes(name) === (when === 'late');
  const outdated = outdatedAccessories(context).filter(isInPhase);
  // A stopped accessory is not started as it was if it is recreated anyway.
  const services = missingAccessories(host, desired.release).filter(
    (name) => isInPhase(name) && !outdated.includes(name),
  );
  const needed = services.length > 0 || (when === 'early' && needsNetworksOrVolumes(context));
  const ensure = needed ? [step({ kind: 'ensure-accessories', release, services })] : [];
  if (outdated.length === 0) return ensure;
  const recreate = step(
    { kind: 'ensure-accessories', release, services: outdated, recreate: outdated },
    ...restoreFormerDefinitions(context, outdated),
  );
  return [...ensure, { ...recreate, reason: 'changed definition' }];
}

/** Accessories that this deploy recreates. */
export function outdatedAccessories({ host, desired }: PlanningContext): readonly ServiceName[] {
  return desired.updateAccessories ? changedAccessories(host, desired.release) : [];
}

/** Accessories that were created from another definition than the release has, as far as that is known. Pure. */
export function changedAccessories(host: ObservedHost, release: Release): readonly ServiceName[] {
  return Object.entries(release.definitions ?? {})
    .filter(([name, definition]) =>
      host.accessories.some(
        ({ service, definitionFingerprint: actual }) =>
          service === name && actual !== undefined && actual !== definition,
      ),
    )
    .map(([name]) => name);
}

/** Whether an accessory was created from the definition that a release has of it. */
export const isCreatedFrom = (
  { service, definitionFingerprint }: ObservedContainer,
  release: Release | undefined,
): boolean =>
  definitionFingerprint !== undefined && release?.definitions?.[service] === definitionFingerprint;

/**
 * Accessories of a release that do not exist or do not run. One that ended is started again, as `docker compose up` does,
 * because a database that was stopped has ended with 0 as well; unless a service waits for its end and it ended with 0. Pure.
 */
export function missingAccessories(host: ObservedHost, release: Release): readonly ServiceName[] {
  return Object.keys(release.base.services).filter((name) => {
    const completes = runsToCompletion(release, name);
    return !host.accessories.some(
      ({ service, state, exitCode }) =>
        service === name && (state === 'running' || (completes && state === 'exited' && exitCode === 0)),
    );
  });
}

/** Whether a service waits for the end of an accessory (`service_completed_successfully`). */
function runsToCompletion(release: Release, name: ServiceName): boolean {
  const isCompletion = (condition: unknown): boolean => condition === 'service_completed_successfully';
  return (
    release.conditions.some(({ service, condition }) => service === name && isCompletion(condition)) ||
    Object.values(release.base.services).some((service) =>
      isCompletion(asObject(asObject(service['depends_on'])[name])['condition']),
    )
  );
}

/**
 * Recreates accessories from the definition that they have now. It may be the record of any release: several deploys may have
 * left an accessory alone.
 */
function restoreFormerDefinitions(
  { host }: PlanningContext,
  names: readonly ServiceName[],
): readonly Action[] {
  const bySource = Map.groupBy(names, (name) => {
    const accessory = host.accessories.find(({ service }) => service === name);
    return accessory && host.releases.find(({ record }) => isCreatedFrom(accessory, record))?.id;
  });
  return [...bySource].flatMap(([release, services]) =>
    release === undefined
      ? []
      : [{ kind: 'ensure-accessories' as const, release, services, recreate: services }],
  );
}

/** Networks and volumes are not observed. Those that the live release was created with exist. */
function needsNetworksOrVolumes({ desired, live }: PlanningContext): boolean {
  if (live?.record === undefined) return true;
  const existing = networksAndVolumesOf(live.record);
  return networksAndVolumesOf(desired.release).some((name) => !existing.includes(name));
}

function networksAndVolumesOf({ base: { networks = {}, volumes = {} } }: Release): readonly string[] {
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`),
  ];
}
