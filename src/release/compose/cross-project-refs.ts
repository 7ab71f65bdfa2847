import type { ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import {
  asObject,
  asStrings,
  asText,
  mapValues,
  pickKeys,
  withoutKeys,
  withoutUndefined,
} from '../../model/json.ts';
import type { Project } from './classify-services.ts';
import type { Problems } from './problems.ts';
import { linksOf, referencedService } from './service.ts';

/**
 * References between a release and its accessories, which are two Compose projects that share networks. References that
 * Compose resolves only within a project are rewritten so that they work across both, or rejected.
 */

const NAMESPACE_KEYS = ['network_mode', 'pid', 'ipc'] as const;

/** A released service that refers to accessories as containers outside its project. */
export function withAccessoryRefs(project: Project, base: string, service: ComposeService): ComposeService {
  const isAccessory = (name: ServiceName | undefined): name is ServiceName =>
    name !== undefined && project.accessories.includes(name);
  // An accessory's first container.
  const container = (name: ServiceName): string =>
    asText(project.service(name)['container_name']) ?? `${base}-${name}-1`;
  const links = linksOf(service);
  const externalLinks = links
    .filter((link) => isAccessory(link.service) && link.alias !== link.service)
    .map((link) => `${container(link.service)}:${link.alias}`);
  const namespaces = NAMESPACE_KEYS.map((key) => {
    const other = referencedService(service[key]);
    return [key, isAccessory(other) ? `container:${container(other)}` : service[key]];
  });
  return withoutUndefined({
    ...service,
    ...Object.fromEntries(namespaces),
    depends_on: filterDependencies(service, project.isReleased),
    links: undefinedIfEmpty(
      asStrings(service['links']).filter((_, index) => project.isReleased(links[index]?.service ?? '')),
    ),
    external_links: undefinedIfEmpty([...asStrings(service['external_links']), ...externalLinks]),
    volumes_from: undefinedIfEmpty(
      asStrings(service['volumes_from']).map((from) => {
        const [name = '', ...mode] = from.split(':');
        return isAccessory(name) ? [`container:${container(name)}`, ...mode].join(':') : from;
      }),
    ),
  });
}

/** An accessory without its references to released services, whose containers change with each release. */
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
        `compose-file: accessory ${name} has ${key}: service:${other}, but ${other} gets a new container with each release. Give ${name} image: \${IMAGE} or build: so that it belongs to the release, or connect them by a network.`,
        'services',
        name,
        key,
      );
    }
  }
  for (const from of asStrings(service['volumes_from'])) {
    const other = from.split(':', 1)[0] ?? '';
    if (project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has volumes_from: ${other}, but ${other} gets a new container with each release. Mount the same named volume in both.`,
        'services',
        name,
        'volumes_from',
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
  const kept = Object.keys(all).filter(keep);
  return kept.length === 0 ? undefined : pickKeys(all, kept);
}

const undefinedIfEmpty = (values: readonly string[]): readonly string[] | undefined =>
  values.length === 0 ? undefined : values;

/** Names under which accessories reach a released service (`links: [web:app]`): they become aliases. */
export function aliasesFromLinks(project: Project, name: ServiceName): readonly string[] {
  return project.accessories
    .flatMap((accessory) => linksOf(project.service(accessory)))
    .filter((link) => link.service === name && link.alias !== name)
    .map((link) => link.alias);
}

/** The networks of a service, with more aliases on each. */
export function withAliases(
  networks: Readonly<Record<string, unknown>>,
  names: readonly string[],
): ComposeObject {
  return mapValues(networks, (value) => {
    const options = asObject(value);
    const aliases = [...new Set([...asStrings(options['aliases']), ...names])];
    return aliases.length === 0 ? options : { ...withoutKeys(options, 'aliases'), aliases };
  });
}
