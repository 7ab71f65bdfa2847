import type { ServiceName } from '../../model/identifiers.ts';
import type { AccessoryCondition, AccessoryRound, Ending } from '../../model/release.ts';
import { neededBy, type Project } from './classify-services.ts';
import { endingOfService } from './endings.ts';
import type { ServiceRole } from './roles.ts';
import { dependenciesOf } from './service.ts';

/** The order of a release and its accessories, by `depends_on` across both projects. Compose itself refuses circles. */

const CONDITIONS_BY_STRICTNESS: readonly AccessoryCondition['condition'][] = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
];

/**
 * What released services require of accessories: of several conditions for one accessory the strictest. A stricter one that
 * only optional dependencies ask for is added as optional.
 */
export function accessoryConditionsOf(project: Project): readonly AccessoryCondition[] {
  return project.accessories.flatMap((service) => {
    const asked = [...project.released.keys()].flatMap(
      (name) => dependenciesOf(project.service(name)).get(service) ?? [],
    );
    const strictest = (required: boolean): number =>
      Math.max(
        ...asked
          .filter((each) => each.required === required)
          .map(({ condition }) => CONDITIONS_BY_STRICTNESS.indexOf(condition)),
        -1,
      );
    const [required, optional] = [strictest(true), strictest(false)];
    const conditionAt = (index: number): AccessoryCondition['condition'] =>
      CONDITIONS_BY_STRICTNESS[index] ?? 'service_started';
    return [
      ...(required >= 0 ? [{ service, condition: conditionAt(required) }] : []),
      ...(optional > required
        ? [{ service, condition: conditionAt(optional), optional: true as const }]
        : []),
    ];
  });
}

/** When accessories start that need a released service, directly or not; the others start before the release. */
export interface AccessoryOrder {
  /** Those that a service of the release needs in turn, other than a worker. */
  readonly rounds: readonly AccessoryRound[];
  readonly late: readonly ServiceName[];
}

export function accessoryOrderOf(
  project: Project,
  roles: ReadonlyMap<ServiceName, Pick<ServiceRole, 'role'>>,
): AccessoryOrder {
  const needs = (name: ServiceName): ReadonlySet<ServiceName> => neededBy(project, name);
  const dependent = project.accessories.filter((name) => [...needs(name)].some(project.isReleased));
  const early = [...roles].filter(([, { role }]) => role !== 'worker').map(([name]) => name);
  const needed = new Set(early.flatMap((name) => [...needs(name)]));
  const between = dependent.filter((name) => needed.has(name));
  return {
    rounds: roundsOf(project, between),
    late: dependent.filter((name) => !between.includes(name)).sort(),
  };
}

/** Each round needs only the rounds before it, and services of the release that need no more. */
function roundsOf(project: Project, between: readonly ServiceName[]): readonly AccessoryRound[] {
  const rounds: AccessoryRound[] = [];
  let rest = between.toSorted();
  while (rest.length > 0) {
    const ready = rest.filter((name) => rest.every((other) => !neededBy(project, name).has(other)));
    if (ready.length === 0) break;
    const after = new Set(ready.flatMap((name) => [...neededBy(project, name)].filter(project.isReleased)));
    rounds.push({ after: [...after].sort(), accessories: ready });
    rest = rest.filter((name) => !ready.includes(name));
  }
  return rounds;
}

/**
 * Accessories that end, or may end. A database without a restart policy has ended after a restart of its server, as a seed has;
 * so an accessory that others depend on does not end for certain unless they wait for that.
 */
export function accessoryEndingsOf(project: Project): Readonly<Record<ServiceName, Ending>> {
  const services = Object.values(project.config.services);
  const entries = project.accessories.map((name) => {
    const ending = endingOfService(project, name);
    const conditions = services.flatMap((service) => dependenciesOf(service).get(name)?.condition ?? []);
    const isUncertain = conditions.length > 0 && !conditions.includes('service_completed_successfully');
    return [name, ending === 'always' && isUncertain ? 'maybe' : ending] as const;
  });
  return Object.fromEntries(entries.filter(([, ending]) => ending !== 'never'));
}
