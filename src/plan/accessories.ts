import { validAcceptances } from '../model/history.ts';
import type { ObservedContainer, ObservedHost } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import type { Action } from './actions.ts';
import { hasSucceeded } from './host-queries.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';
import { canRunTwice, proxiesOf, proxiesToConnect, startsAsProxy } from './proxies.ts';
import { checkServices, startNewServices } from './strategies/common.ts';

/**
 * Creates or starts accessories, networks and volumes that are missing, and recreates outdated accessories. Early ones come before
 * the release; proxies as soon as it has the traffic, so that `url` is answered through them; late ones, which depend on a released
 * service, when everything else is there.
 */
export function accessorySteps(context: PlanningContext, when: 'early' | 'proxy' | 'late'): readonly Step[] {
  const { early, proxies, late } = accessoriesByStage(context.desired.release);
  if (when === 'proxy') return stepsFor(context, proxies, false);
  if (when === 'late') return stepsFor(context, late, false);
  return stepsFor(context, early, needsNetworksOrVolumes(context), trySteps(context, early));
}

/** Proxies that this deploy replaces start once beside those that run, when all that they lead to is there: nobody notices if they can't. */
export const tryProxySteps = (context: PlanningContext): readonly Step[] =>
  trySteps(context, accessoriesByStage(context.desired.release).proxies);

function trySteps(context: PlanningContext, names: readonly ServiceName[]): readonly Step[] {
  const { host, desired } = context;
  const { release } = desired;
  const { late, proxies } = accessoriesByStage(release);
  const missing = missingAccessories(host, release);
  // A proxy may look for one that does not exist yet, and end.
  if ([...late, ...proxies].some((name) => missing.includes(name))) return [];
  const services = outdatedAccessories(context).filter(
    (name) =>
      names.includes(name) &&
      !missing.includes(name) &&
      proxiesOf(release).includes(name) &&
      canRunTwice(release, name),
  );
  return services.length === 0 ? [] : [step({ kind: 'try-proxies', release: release.id, services })];
}

/** When each accessory of a release starts. Those between its services have rounds of their own. */
function accessoriesByStage(release: Release): Readonly<Record<'early' | 'proxies' | 'late', ServiceName[]>> {
  const { accessoryRounds = [], base, lateAccessories } = release;
  const between = accessoryRounds.flatMap(({ accessories }) => accessories);
  const names = Object.keys(base.services).filter((name) => !between.includes(name));
  const proxies = names.filter((name) => startsAsProxy(release, name));
  const late = lateAccessories.filter((name) => !proxies.includes(name) && !between.includes(name));
  return { early: names.filter((name) => !proxies.includes(name) && !late.includes(name)), proxies, late };
}

/**
 * Accessories that a service of the release needs, and that need others of its services: these start and are checked first.
 * Without missing or outdated accessories there is nothing to do.
 */
function stepsBetween(context: PlanningContext): readonly Step[] {
  return (context.desired.release.accessoryRounds ?? []).flatMap(({ after, accessories }) => {
    const steps = stepsFor(context, accessories, false);
    return steps.length === 0
      ? []
      : [...startNewServices(context, after), ...checkServices(context, after), ...steps];
  });
}

/** The steps of the stage `start`, with the accessories that start between services of the release right before these. */
export function withAccessoriesBetween(context: PlanningContext, steps: readonly Step[]): readonly Step[] {
  const first = steps.findIndex(({ action }) => action.kind === 'start-services');
  const at = first < 0 ? steps.length : first;
  return [...steps.slice(0, at), ...stepsBetween(context), ...steps.slice(at)];
}

function stepsFor(
  context: PlanningContext,
  names: readonly ServiceName[],
  needsObjects: boolean,
  beforeReplacing: readonly Step[] = [],
): readonly Step[] {
  const { host, desired } = context;
  const { id: release } = desired.release;
  const outdated = outdatedAccessories(context).filter((name) => names.includes(name));
  // A stopped accessory is not started as it was if it is recreated anyway.
  const services = missingAccessories(host, desired.release).filter(
    (name) => names.includes(name) && !outdated.includes(name),
  );
  const needed = services.length > 0 || needsObjects;
  const ensure = needed ? [step({ kind: 'ensure-accessories', release, services })] : [];
  if (outdated.length === 0) return ensure;
  const recreate = step(
    { kind: 'ensure-accessories', release, services: outdated, recreate: outdated },
    ...restoreFormerDefinitions(context, outdated),
  );
  const isConnected = proxiesToConnect(host, desired.release).some((name) => outdated.includes(name));
  const cause = isConnected ? 'its way to the release has changed' : 'changed definition';
  const gap = outdated.some((name) => proxiesOf(desired.release).includes(name))
    ? 'refuses visitors until it runs again, about a second'
    : 'does not answer until it runs again';
  return [...ensure, ...beforeReplacing, { ...recreate, reason: `${cause}; ${gap}` }];
}

/** Accessories that this deploy recreates: those to be updated, and proxies that can't reach the edge yet, or no more. */
export function outdatedAccessories({ host, desired }: PlanningContext): readonly ServiceName[] {
  const changed = desired.updateAccessories ? changedAccessories(host, desired.release) : [];
  return [...new Set([...changed, ...proxiesToConnect(host, desired.release)])];
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
 * because a database that was stopped has ended with 0 as well; unless it ended with 0 and that was its work. Pure.
 */
export function missingAccessories(host: ObservedHost, release: Release): readonly ServiceName[] {
  return Object.keys(release.base.services).filter(
    (name) =>
      !host.accessories.some(
        (accessory) =>
          accessory.service === name &&
          (accessory.state === 'running' || (hasSucceeded(accessory) && mayHaveEnded(host, release, name))),
      ),
  );
}

/** Whether an accessory that has ended with 0 is done: it always ends, or it may and had ended when a release was accepted last. */
function mayHaveEnded(host: ObservedHost, release: Release, name: ServiceName): boolean {
  const ending = release.accessoryEndings?.[name] ?? (runsToCompletion(release, name) ? 'always' : 'never');
  return ending === 'always' || (ending === 'maybe' && endedAtLastAcceptance(host).includes(name));
}

function endedAtLastAcceptance({ history }: ObservedHost): readonly ServiceName[] {
  return validAcceptances(history).at(-1)?.ended ?? [];
}

/** By an older record: whether a service waits for the end of an accessory (`service_completed_successfully`). */
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
