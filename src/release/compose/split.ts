import type {
  AccessoryCondition,
  ComposeConfig,
  ComposeObject,
  ComposeService,
  Confidential,
  ReleasedService,
  Route,
  ServiceName,
} from '../../model/release.ts';
import { baseProject } from '../../model/release.ts';
import {
  acrossFromAccessory,
  acrossFromRelease,
  aliasesFromLinks,
  conditionsOf,
  lateAccessoriesOf,
  publishes,
  withAliases,
} from './border.ts';
import { defined, list, mapValues, object, pick, text, without } from './data.ts';
import { type Inline, inline, roomForInline, usedBy } from './inline.ts';
import { asExternal, usedKeys } from './objects.ts';
import { Problems } from './problems.ts';
import { type Project, tellApart } from './project.ts';
import { refuseRunnerPaths } from './refuse.ts';
import type { Resolved } from './resolve.ts';
import { type RoleOf, rolesOf, whyWholeRecreate, writable } from './roles.ts';
import { type Domains, isFronts, routesOf } from './routes.ts';
import { dependenciesOf, networksOf, portsOf, replicasOf } from './service.ts';

/** A released service whose image is not known yet. */
export interface SplitService extends Omit<ReleasedService, 'image'> {
  /** Key of its image: a service that is built, or '' for what `${IMAGE}` stands for. */
  readonly imageKey: string;
}

/** A Compose file taken apart: everything of a release but its images, its health check and where it comes from. */
export interface Split {
  readonly app: string;
  readonly environment: string;
  /** What `${IMAGE}` was when the file was resolved; stands in strings until the digest is known. */
  readonly placeholder: string;
  readonly services: Readonly<Record<ServiceName, SplitService>>;
  readonly routes: readonly Route[];
  readonly wholeRecreate: string | undefined;
  readonly compose: ComposeConfig;
  readonly base: ComposeConfig;
  readonly conditions: readonly AccessoryCondition[];
  readonly lateAccessories: readonly ServiceName[];
  /** Contents of secrets and configs by variable name. */
  readonly confidential: Confidential;
  /** Lines for the log: what is ignored, what a reader should know. */
  readonly notices: readonly string[];
}

/** More replicas than this the edge has no room for: its config has 24 upstreams for each route and slot. */
const MOST_SERVED = 24;

/** Keys that mean something to a developer's machine or to the build only. */
const LOCAL = ['build', 'develop', 'profiles', 'pull_policy'] as const;

/**
 * Splits a resolved Compose file into a release and its accessories. Pure.
 * @throws ConfigurationError naming every service that can't be delivered as it is, each with the way out.
 */
export function splitProject(
  resolved: Resolved,
  of: { readonly app: string; readonly environment: string },
  domains: Domains,
): Split {
  const problems = new Problems();
  const notices: string[] = [...resolved.notices];
  const project = tellApart(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();
  refuseRunnerPaths(resolved, problems);
  const routes = routesOf(project, domains, problems, notices);
  const roles = rolesOf(project, (name) => routes.some((route) => route.service === name));
  const inlined = inline(resolved.config, resolved.contents, problems);
  const services = servicesOf(project, roles, problems);
  const compose = releaseConfig(project, baseProject(of), roles, domains, inlined, problems);
  const base = baseConfig(project, inlined, problems);
  const lateAccessories = lateAccessoriesOf(project, problems);
  notices.push(...noticesOf(project, roles));
  problems.throwIfAny();
  return {
    ...{ app: of.app, environment: of.environment, placeholder: resolved.placeholder },
    ...{ services, routes, compose, base, lateAccessories, notices },
    wholeRecreate: whyWholeRecreate(project, roles),
    conditions: conditionsOf(project),
    confidential: inlined.values,
  };
}

function servicesOf(
  project: Project,
  roles: ReadonlyMap<ServiceName, RoleOf>,
  problems: Problems,
): Record<ServiceName, SplitService> {
  return Object.fromEntries(
    [...project.released].map(([name, imageKey]) => {
      const { role = 'worker', because, oneShot = false } = roles.get(name) ?? {};
      const service = project.service(name);
      const replicas = replicasOf(service);
      if (role === 'served' && replicas > MOST_SERVED) {
        problems.add(
          `compose-file: service ${name} has ${replicas} replicas, and the edge has room for ${MOST_SERVED} on a host. Lower deploy.replicas or add hosts.`,
        );
      }
      if (role === 'served' && replicas < 1) {
        problems.add(
          `compose-file: service ${name} publishes ports but has 0 replicas. Set scale to 1 or more.`,
        );
      }
      return [
        name,
        { name, role, because, oneShot, replicas, imageKey, containerName: text(service['container_name']) },
      ];
    }),
  );
}

function releaseConfig(
  project: Project,
  base: string,
  roles: ReadonlyMap<ServiceName, RoleOf>,
  domains: Domains,
  inlined: Inline,
  problems: Problems,
): ComposeConfig {
  const services = Object.fromEntries(
    [...project.released.keys()].map((name) => {
      const keepsPorts = roles.get(name)?.role === 'exclusive';
      return [name, releasedService(project, base, name, keepsPorts, domains, problems)] as const;
    }),
  );
  const used = usedKeys(services);
  return {
    services,
    networks: asExternal(project.config.networks, used.networks),
    volumes: asExternal(project.config.volumes, used.volumes),
    secrets: pick(inlined.secrets, usedBy(services, 'secrets')),
    configs: pick(inlined.configs, usedBy(services, 'configs')),
  };
}

function releasedService(
  project: Project,
  base: string,
  name: ServiceName,
  keepsPorts: boolean,
  domains: Domains,
  problems: Problems,
): ComposeService {
  const service = project.service(name);
  const across = acrossFromRelease(project, base, service);
  const networks = networksOf(service);
  // Two containers can't bear one name while the old one is kept for going back; names are for the network, so it is an alias.
  const containerName = text(service['container_name']);
  const names = [...(containerName === undefined ? [] : [containerName]), ...aliasesFromLinks(project, name)];
  const ports = list(service['ports']);
  const kept = ports.filter((_, at) => {
    const port = portsOf(service)[at];
    return port !== undefined && !isFronts(port, domains);
  });
  return defined({
    ...tidy(without(across, ...LOCAL, 'ports', 'container_name', 'image')),
    ...steadyRestart(service),
    networks: networks === undefined ? undefined : withAliases(networks, names),
    ports: keepsPorts && kept.length > 0 ? kept : undefined,
    ...mounts(service, roomForInline(name, service, problems)),
  });
}

/**
 * `always` would bring kept containers of former releases back to life when the engine restarts; `unless-stopped` differs in
 * nothing else.
 */
function steadyRestart(service: ComposeService): ComposeObject {
  const policy = object(object(service['deploy'])['restart_policy']);
  const condition = text(policy['condition']);
  const always =
    service['restart'] === 'always' ||
    (service['restart'] === undefined &&
      Object.keys(policy).length > 0 &&
      (condition === undefined || condition === 'any'));
  return always ? { restart: 'unless-stopped' } : {};
}

function mounts(service: ComposeService, more: readonly ComposeObject[]): ComposeObject {
  return more.length === 0 ? {} : { volumes: [...list(service['volumes']), ...more] };
}

function baseConfig(project: Project, inlined: Inline, problems: Problems): ComposeConfig {
  const services = Object.fromEntries(
    project.accessories.map((name) => {
      const service = acrossFromAccessory(project, name, project.service(name), problems);
      const more = roomForInline(name, service, problems);
      return [name, { ...tidy(without(service, 'develop', 'profiles')), ...mounts(service, more) }] as const;
    }),
  );
  return {
    services,
    networks: mapValues(project.config.networks ?? {}, object),
    volumes: mapValues(project.config.volumes ?? {}, object),
    secrets: pick(inlined.secrets, usedBy(services, 'secrets')),
    configs: pick(inlined.configs, usedBy(services, 'configs')),
  };
}

/** Without what says nothing: `command: null`, extension fields. */
function tidy(service: ComposeService): ComposeService {
  return Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith('x-')),
  );
}

function noticesOf(project: Project, roles: ReadonlyMap<ServiceName, RoleOf>): readonly string[] {
  const released = [...project.released.keys()].flatMap((name) => {
    const service = project.service(name);
    const { role } = roles.get(name) ?? {};
    const data = role === 'served' ? writable(project, name) : [];
    return [
      service['develop'] === undefined ? [] : `${name}: develop is for local work and ignored here.`,
      service['pre_stop'] === undefined
        ? []
        : `${name}: pre_stop hooks are run by docker compose alone, and releases are stopped through the engine; they are not run.`,
      data.length === 0
        ? []
        : `${name}: the old and the new release write to ${data.join(' and ')} at the same time while both stand. If they must not, say deploy.update_config.order: stop-first.`,
      unsetVariables(name, service),
    ].flat();
  });
  const accessories = project.accessories.flatMap((name) => {
    const service = project.service(name);
    const inFront = [...dependenciesOf(service).keys()].filter(project.isReleased);
    return [
      service['develop'] === undefined ? [] : `${name}: develop is for local work and ignored here.`,
      publishes(service) && inFront.length > 0
        ? `${name}: it is an accessory in front of ${inFront.join(', ')}, so its requests reach whichever release answers to that name; the edge switches only what it publishes itself.`
        : [],
      unsetVariables(name, service),
    ].flat();
  });
  return [...released, ...accessories];
}

/** `environment: [NAME]` takes NAME from the one who runs Compose; left unset it is easily overlooked. */
function unsetVariables(name: ServiceName, service: ComposeService): readonly string[] {
  const unset = Object.entries(object(service['environment']))
    .filter(([, value]) => value === null)
    .map(([variable]) => variable);
  return unset.length === 0
    ? []
    : [
        `${name}: no value for ${unset.join(', ')} of its environment: is given (input env), so it is not set there.`,
      ];
}
