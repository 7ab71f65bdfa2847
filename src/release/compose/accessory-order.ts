import type { ServiceName } from '../../model/identifiers.ts';
import type { AccessoryCondition, AccessoryRound, Ending } from '../../model/release.ts';
import { neededBy, type Project } from './classify-services.ts';
import { endingOfService } from './endings.ts';
import type { ServiceRole } from './roles.ts';
import { conditionFor, dependenciesOf } from './service.ts';

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
  const dependencies = [...project.released.keys()].map((name) => dependenciesOf(project.service(name)));
  return project.accessories.flatMap((service) => {
    const asked = dependencies.flatMap((each) => each.get(service) ?? []);
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
  const needs = needsOf(project);
  const dependent = project.accessories.filter((name) => [...needs(name)].some(project.isReleased));
  const early = [...roles].filter(([, { role }]) => role !== 'worker').map(([name]) => name);
  const needed = new Set(early.flatMap((name) => [...needs(name)]));
  const between = dependent.filter((name) => needed.has(name));
  return {
    rounds: roundsOf(project, between, needs),
    late: dependent.filter((name) => !between.includes(name)).sort(),
  };
}

type Needs = (name: ServiceName) => ReadonlySet<ServiceName>;

/** What a service needs, directly or not; found once for each, however often it is asked. */
function needsOf(project: Project): Needs {
  const found = new Map<ServiceName, ReadonlySet<ServiceName>>();
  return (name) => {
    const needs = found.get(name) ?? neededBy(project, name);
    found.set(name, needs);
    return needs;
  };
}

/** Ends with the first one that is found: what is needed directly comes first. */
function hasAny(all: ReadonlySet<ServiceName>, names: Iterable<ServiceName>): boolean {
  for (const name of names) if (all.has(name)) return true;
  return false;
}

/** Each round needs only the rounds before it, and services of the release that need no more. */
function roundsOf(
  project: Project,
  between: readonly ServiceName[],
  needs: Needs,
): readonly AccessoryRound[] {
  const rounds: AccessoryRound[] = [];
  const rest = new Set(between.toSorted());
  while (rest.size > 0) {
    const ready = [...rest].filter((name) => !hasAny(rest, needs(name)));
    if (ready.length === 0) break;
    const after = new Set(ready.flatMap((name) => [...needs(name)].filter(project.isReleased)));
    rounds.push({ after: [...after].sort(), accessories: ready });
    for (const name of ready) rest.delete(name);
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
    const conditions = services.flatMap((service) => conditionFor(service, name) ?? []);
    const isUncertain = conditions.length > 0 && !conditions.includes('service_completed_successfully');
    return [name, ending === 'always' && isUncertain ? 'maybe' : ending] as const;
  });
  return Object.fromEntries(entries.filter(([, ending]) => ending !== 'never'));
}
