import type { EdgeKind } from '../../model/deploy-options.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import type { Role } from '../../model/release.ts';
import { neededBy, type Project } from './classify-services.ts';
import { endingOfService } from './endings.ts';
import { isReachableFromOutside, routingProxyOf } from './external-proxy.ts';
import { whyDataExclusive, whyStreamsExclusive } from './own-data.ts';
import { dependenciesOf, exposedPortsOf } from './service.ts';
import { whyExclusive } from './why-exclusive.ts';

export interface ServiceRole {
  readonly role: Role;
  readonly exclusiveReason: string | undefined;
  readonly oneShot: boolean;
  readonly mayEnd?: true;
}

export type Roles = ReadonlyMap<ServiceName, ServiceRole>;

/**
 * The role of each released service.
 * @param hasRoute whether a service has a port that the edge can publish, or a domain; without an edge: whether a proxy finds it
 */
export function rolesOf(project: Project, hasRoute: (name: ServiceName) => boolean, edge: EdgeKind): Roles {
  const names = [...project.released.keys()];
  const endings = new Map(names.map((name) => [name, endingOfService(project, name, hasRoute)]));
  const oneShots = new Set(names.filter((name) => endings.get(name) === 'always'));
  // The one of the old release has ended, so a service that ends never stands twice.
  const reasonOf = (name: ServiceName): string | undefined =>
    oneShots.has(name)
      ? undefined
      : (whyExclusive(project.service(name), project.isReleased, edge) ??
        (edge === 'none' ? undefined : whyStreamsExclusive(project, name)));
  const served = names.filter((name) => reasonOf(name) === undefined && hasRoute(name));
  const reasons = new Map(
    names.map((name) => [
      name,
      reasonOf(name) ??
        (served.includes(name) || oneShots.has(name) ? undefined : whyDataExclusive(project, name)),
    ]),
  );
  const needed = withDependencies(project, [
    ...served,
    ...oneShots,
    ...names.filter((name) => reasons.get(name) !== undefined),
    ...names.filter((name) => exposedPortsOf(project.service(name)).length > 0),
    ...names.filter((name) => edge === 'none' && isReachableFromOutside(project, name)),
    // A proxy that the edge is not behind: the old containers must not stop before the new ones are found.
    ...names.filter((name) => routingProxyOf(project.service(name)) !== undefined),
    ...project.accessories.flatMap((name) => releasedDependencies(project, name)),
  ]);
  const roleOf = (name: ServiceName): Role => {
    if (reasons.get(name) !== undefined) return 'exclusive';
    if (edge !== 'none' && served.includes(name)) return 'served';
    return needed.has(name) ? 'internal' : 'worker';
  };
  return new Map(
    names.map((name) => [
      name,
      {
        role: roleOf(name),
        exclusiveReason: reasons.get(name),
        oneShot: oneShots.has(name),
        ...(endings.get(name) === 'maybe' ? { mayEnd: true as const } : {}),
      },
    ]),
  );
}

/** Why a release can't run beside the old one at all: a service that serves needs one that can't, or an accessory between does. */
export function whyRecreateAll(project: Project, roles: Roles): string | undefined {
  for (const [name, { role }] of roles) {
    const direct = role === 'served' || role === 'internal' ? releasedDependencies(project, name) : [];
    const needed = role === 'worker' ? [] : [...direct, ...neededThroughAccessories(project, name)];
    for (const other of needed) {
      const { exclusiveReason } = roles.get(other) ?? {};
      if (exclusiveReason !== undefined)
        return `${name} needs ${other}, and two of ${other} can't run at once: ${exclusiveReason}`;
    }
  }
  return undefined;
}

function releasedDependencies(project: Project, name: ServiceName): readonly ServiceName[] {
  return [...dependenciesOf(project.service(name)).keys()].filter(project.isReleased);
}

/** Services of the release that an accessory needs on which a service depends. */
function neededThroughAccessories(project: Project, name: ServiceName): readonly ServiceName[] {
  const accessories = [...neededBy(project, name)].filter((other) => !project.isReleased(other));
  return accessories.flatMap((other) => [...neededBy(project, other)].filter(project.isReleased));
}

function withDependencies(project: Project, roots: readonly ServiceName[]): ReadonlySet<ServiceName> {
  const reached = new Set<ServiceName>();
  const visit = (name: ServiceName): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const other of releasedDependencies(project, name)) visit(other);
  };
  for (const root of roots) visit(root);
  return reached;
}
