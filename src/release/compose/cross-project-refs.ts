import {
  asList,
  asObject,
  asStrings,
  asText,
  mapValues,
  pickKeys,
  withoutKeys,
  withoutUndefined,
} from '../../model/json.ts';
import type { AccessoryCondition, ComposeObject, ComposeService, ServiceName } from '../../model/release.ts';
import type { Project } from './classify-services.ts';
import type { Problems } from './problems.ts';
import { dependenciesOf, linksOf, referencedService } from './service.ts';

/**
 * The border between a release and its accessories: two Compose projects that share networks. What one side says of the
 * other's services is put in a way that works across projects, or refused.
 */

const NAMESPACE_KEYS = ['network_mode', 'pid', 'ipc'] as const;

/** How the first container of an accessory is called. */
function accessoryContainerName(project: Project, base: string, name: ServiceName): string {
  return asText(project.service(name)['container_name']) ?? `${base}-${name}-1`;
}

/** A released service with its accessories seen from outside. */
export function withAccessoryRefs(project: Project, base: string, service: ComposeService): ComposeService {
  const outside = (name: ServiceName): string => `container:${accessoryContainerName(project, base, name)}`;
  const isAccessory = (name: ServiceName | undefined): name is ServiceName =>
    name !== undefined && project.accessories.includes(name);
  const links = linksOf(service);
  const outward = links
    .filter((link) => isAccessory(link.service) && link.alias !== link.service)
    .map((link) => `${accessoryContainerName(project, base, link.service)}:${link.alias}`);
  const externalLinks = [...asStrings(service['external_links']), ...outward];
  const namespaces = NAMESPACE_KEYS.map((key) => {
    const other = referencedService(service[key]);
    return [key, isAccessory(other) ? outside(other) : service[key]];
  });
  return withoutUndefined({
    ...service,
    ...Object.fromEntries(namespaces),
    depends_on: filterDependencies(service, project.isReleased),
    links: undefinedIfEmpty(
      asStrings(service['links']).filter((_, at) => project.isReleased(links[at]?.service ?? '')),
    ),
    external_links: undefinedIfEmpty(externalLinks),
    volumes_from: undefinedIfEmpty(
      asStrings(service['volumes_from']).map((from) => {
        const [name = '', ...mode] = from.split(':');
        return isAccessory(name) ? [outside(name), ...mode].join(':') : from;
      }),
    ),
  });
}

/** An accessory without what it says of released services, which come and go. */
export function withoutReleaseRefs(
  project: Project,
  name: ServiceName,
  service: ComposeService,
  problems: Problems,
): ComposeService {
  for (const key of NAMESPACE_KEYS) {
    const other = referencedService(service[key]);
    if (other !== undefined && project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has ${key}: service:${other}, but ${other} is another container with each release. Give ${name} image: \${IMAGE} or build: so that it belongs to the release, or connect them by a network.`,
      );
    }
  }
  for (const from of asStrings(service['volumes_from'])) {
    const other = from.split(':', 1)[0] ?? '';
    if (project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has volumes_from: ${other}, but ${other} is another container with each release. Mount the same named volume in both.`,
      );
    }
  }
  return withoutUndefined({
    ...service,
    depends_on: filterDependencies(service, (other) => !project.isReleased(other)),
    links: undefinedIfEmpty(
      asStrings(service['links']).filter((link) => !project.isReleased(link.split(':', 1)[0] ?? '')),
    ),
  });
}

function filterDependencies(
  service: ComposeService,
  keep: (name: ServiceName) => boolean,
): ComposeObject | undefined {
  const all = asObject(service['depends_on']);
  const kept = pickKeys(all, Object.keys(all).filter(keep));
  return Object.keys(kept).length === 0 ? undefined : kept;
}

const undefinedIfEmpty = (values: readonly string[]): readonly string[] | undefined =>
  values.length === 0 ? undefined : values;

/** Names by which accessories call released services (`links: [web:app]`): they become aliases. */
export function aliasesFromLinks(project: Project, name: ServiceName): readonly string[] {
  return project.accessories
    .flatMap((accessory) => linksOf(project.service(accessory)))
    .filter((link) => link.service === name && link.alias !== name)
    .map((link) => link.alias);
}

/** The networks of a service with further names on each. */
export function withAliases(
  networks: Readonly<Record<string, unknown>>,
  names: readonly string[],
): ComposeObject {
  return mapValues(networks, (options) => {
    const aliases = [...new Set([...asStrings(asObject(options)['aliases']), ...names])];
    return aliases.length === 0
      ? asObject(options)
      : { ...withoutKeys(asObject(options), 'aliases'), aliases };
  });
}

const CONDITIONS_BY_STRICTNESS: readonly AccessoryCondition['condition'][] = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
];

/** What released services ask of accessories; of several conditions for one accessory the strictest. */
export function accessoryConditionsOf(project: Project): readonly AccessoryCondition[] {
  const strictest = new Map<ServiceName, AccessoryCondition['condition']>();
  for (const name of project.released.keys()) {
    for (const [service, { condition, required }] of dependenciesOf(project.service(name))) {
      if (!project.accessories.includes(service) || !required) continue;
      const known = strictest.get(service);
      const isStricter =
        known === undefined ||
        CONDITIONS_BY_STRICTNESS.indexOf(condition) > CONDITIONS_BY_STRICTNESS.indexOf(known);
      if (isStricter) strictest.set(service, condition);
    }
  }
  return [...strictest].map(([service, condition]) => ({ service, condition }));
}

/** Accessories that need a released service, directly or through another accessory. */
export function lateAccessoriesOf(project: Project, problems: Problems): readonly ServiceName[] {
  const late = new Map<ServiceName, ServiceName>();
  const visit = (name: ServiceName): ServiceName | undefined => {
    for (const other of dependenciesOf(project.service(name)).keys()) {
      const cause = project.isReleased(other) ? other : visit(other);
      if (cause !== undefined) {
        late.set(name, cause);
        return cause;
      }
    }
    return undefined;
  };
  for (const name of project.accessories) visit(name);
  for (const released of project.released.keys()) {
    for (const name of dependenciesOf(project.service(released)).keys()) {
      const cause = late.get(name);
      if (cause === undefined) continue;
      problems.add(
        `compose-file: ${released} depends on accessory ${name}, which itself depends on ${cause} of the release, so neither can be first. Remove one of the two depends_on.`,
      );
    }
  }
  return [...late.keys()].sort();
}

/** Whether anything of a service is published on the host. */
export function publishesPorts(service: ComposeService): boolean {
  return asList(service['ports']).length > 0;
}
