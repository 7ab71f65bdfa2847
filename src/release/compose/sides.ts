import type {
  ComposeConfig,
  ComposeObject,
  ComposeService,
  InlineFile,
  ServiceName,
} from '../../model/release.ts';
import { acrossFromAccessory, acrossFromRelease, aliasesFromLinks, withAliases } from './border.ts';
import { defined, list, mapValues, object, pick, text, without } from './data.ts';
import { type Inline, readOnlyFiles, refuseReadOnly, usedBy, withRoomFor } from './inline.ts';
import { asExternal, usedKeys } from './objects.ts';
import type { Problems } from './problems.ts';
import type { Project } from './project.ts';
import { type Domains, isFronts } from './routes.ts';
import { networksOf, portsOf } from './service.ts';

/** The two Compose projects that a file becomes: one of the release, one of its accessories. */

/** Keys that mean something to the build or to a developer's machine only; images are on the host before. */
const NOT_DELIVERED = ['build', 'develop', 'profiles'] as const;

/**
 * The project of a release: networks and volumes are external, ports are left to the edge where that can have them.
 * @param keepsPorts whether a service publishes its ports itself
 */
export function releaseSide(
  project: Project,
  base: string,
  keepsPorts: (name: ServiceName) => boolean,
  domains: Domains,
  inlined: Inline,
  problems: Problems,
): { readonly compose: ComposeConfig; readonly files: readonly InlineFile[] } {
  const services: Record<ServiceName, ComposeService> = {};
  const files: InlineFile[] = [];
  for (const name of project.released.keys()) {
    const mine = readOnlyFiles(name, project.service(name), inlined, problems);
    files.push(...mine);
    const service = withRoomFor(releasedService(project, base, name), mine);
    services[name] = keepsPorts(name) ? { ...service, ...ownPorts(project.service(name), domains) } : service;
  }
  const used = usedKeys(services);
  const compose = {
    services,
    networks: asExternal(project.config.networks, used.networks),
    volumes: asExternal(project.config.volumes, used.volumes),
    ...filesOf(services, inlined),
  };
  return { compose, files };
}

/** The project of the accessories, which owns all networks and volumes. */
export function baseSide(project: Project, inlined: Inline, problems: Problems): ComposeConfig {
  const services: Record<ServiceName, ComposeService> = {};
  for (const name of project.accessories) {
    const service = project.service(name);
    refuseReadOnly(name, service, problems);
    services[name] = tidy(without(acrossFromAccessory(project, name, service, problems), ...NOT_DELIVERED));
  }
  return {
    services,
    networks: mapValues(project.config.networks ?? {}, object),
    volumes: mapValues(project.config.volumes ?? {}, object),
    ...filesOf(services, inlined),
  };
}

function filesOf(
  services: Readonly<Record<ServiceName, ComposeService>>,
  inlined: Inline,
): Pick<Required<ComposeConfig>, 'secrets' | 'configs'> {
  return {
    secrets: pick(inlined.secrets, usedBy(services, 'secrets')),
    configs: pick(inlined.configs, usedBy(services, 'configs')),
  };
}

function releasedService(project: Project, base: string, name: ServiceName): ComposeService {
  const service = project.service(name);
  const across = without(acrossFromRelease(project, base, service), ...NOT_DELIVERED, 'pull_policy');
  const networks = networksOf(service);
  // The old container is kept with its name, for going back. What names are for on a network an alias does as well.
  const containerName = text(service['container_name']);
  const names = [...(containerName === undefined ? [] : [containerName]), ...aliasesFromLinks(project, name)];
  return defined({
    ...tidy(without(across, 'ports', 'container_name', 'image')),
    ...restartOf(service),
    networks: networks === undefined ? undefined : withAliases(networks, names),
  });
}

/** Ports that a service publishes itself, without those that the host's front has. */
function ownPorts(service: ComposeService, domains: Domains): ComposeObject {
  const read = portsOf(service);
  const kept = list(service['ports']).filter((_, at) => {
    const port = read[at];
    return port !== undefined && !isFronts(port, domains);
  });
  return kept.length === 0 ? {} : { ports: kept };
}

/**
 * The restart policy in one place, so that what is written on the container is what Compose makes of the file: of the two
 * that a file can hold, `deploy.restart_policy` wins, its `any` is `always`, and without a condition it is none (seen with
 * Compose 2.40).
 */
function restartOf(service: ComposeService): ComposeObject {
  const { restart_policy: policy, ...deploy } = object(service['deploy']);
  if (policy === undefined) return {};
  const { condition = 'no', max_attempts: attempts } = object(policy);
  const counted = condition === 'on-failure' && typeof attempts === 'number';
  const restart = counted ? `on-failure:${attempts}` : (RESTARTS[String(condition)] ?? condition);
  return { restart, deploy };
}

const RESTARTS: Readonly<Record<string, string>> = { any: 'always', none: 'no' };

/** Without what says nothing: `command: null`, extension fields. */
function tidy(service: ComposeService): ComposeService {
  return Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith('x-')),
  );
}
