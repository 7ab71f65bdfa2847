import type { ComposeService } from '../../model/compose-config.ts';
import type { EdgeKind } from '../../model/deploy-options.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { inputRef, inputSetting } from '../../model/input-ref.ts';
import { asObject, asText } from '../../model/json.ts';
import { joinWithAnd } from '../../model/text.ts';
import type { Project } from './classify-services.ts';
import { endingOfService, lacksRestart } from './endings.ts';
import { externalProxyOf } from './external-proxy.ts';
import { writableMounts } from './own-data.ts';
import { type OwnProxies, ownProxyNotices } from './own-proxies.ts';
import type { Roles } from './roles.ts';
import { dependenciesOf, portsOf } from './service.ts';

/** What a reader of the log should know about a Compose file. */
export function composeNoticesOf(
  project: Project,
  roles: Roles,
  proxies: OwnProxies,
  edge: EdgeKind,
): readonly string[] {
  const released = [...project.released.keys()].flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...(servesBesideOldRelease(project, name, roles) ? sharedDataNotices(project, name) : []),
  ]);
  const accessories = project.accessories.flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...pullNotices(name, project.service(name)),
    ...(edge === 'none' ? [] : accessoryProxyNotices(project, name, proxies)),
  ]);
  return [
    ...(edge === 'none' ? noProxyNotices(roles) : []),
    ...released,
    ...accessories,
    ...ownProxyNotices(proxies),
    ...proxies.notices,
    ...buildOnlyNotices(project),
    ...restartNotices(project, roles, edge),
  ];
}

/** Services that only another build needs. */
export const buildOnlyNotices = ({ buildOnly }: Pick<Project, 'buildOnly'>): readonly string[] =>
  buildOnly.map(
    (name) =>
      `${name}: another image is built from it (additional_contexts), so it is built and not run. If it is to run, give it a restart policy.`,
  );

/** Services that should run, but that nobody starts again after a restart of the server: only the edge comes back. */
function restartNotices(project: Project, roles: Roles, edge: EdgeKind): readonly string[] {
  const services = Object.entries(project.config.services);
  const isNeeded = (name: ServiceName): boolean =>
    roles.get(name)?.role === 'served' ||
    endingOfService(project, name) === 'never' ||
    services.some(([, other]) => dependenciesOf(other).get(name)?.condition === 'service_started');
  const names = services
    .filter(([name, service]) => !project.buildOnly.includes(name) && lacksRestart(service) && isNeeded(name))
    .map(([name]) => name);
  if (names.length === 0) return [];
  const [verb, pronoun] = names.length === 1 ? ['has', 'it'] : ['have', 'they'];
  const answers = edge === 'none' ? '' : ", while Sealift's edge is back and answers 502";
  return [
    `${joinWithAnd(names)} ${verb} no restart policy, so ${pronoun} will stay down after a crash or a restart of the server${answers}. Write restart: unless-stopped.`,
  ];
}

/** Whether the old and the new release answer at the same time: through the edge, or through a proxy of the user's own. */
function servesBesideOldRelease(project: Project, name: ServiceName, roles: Roles): boolean {
  const role = roles.get(name)?.role;
  return role === 'served' || (role === 'internal' && externalProxyOf(project.service(name)) !== undefined);
}

function noProxyNotices(roles: Roles): readonly string[] {
  if ([...roles.values()].some(({ role }) => role !== 'worker')) return [];
  return [
    `${inputSetting('edge', 'none')}, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all services count as workers.`,
  ];
}

function commonNotices(name: ServiceName, service: ComposeService): readonly string[] {
  const notices: string[] = [];
  if (service['develop'] !== undefined) notices.push(`${name}: develop is for local work and ignored here.`);
  // `environment: [NAME]` takes NAME from the environment of Compose.
  const unset = Object.entries(asObject(service['environment']))
    .filter(([, value]) => value === null)
    .map(([variable]) => variable);
  if (unset.length > 0) {
    notices.push(
      `${name}: its environment names ${unset.join(', ')} without a value, and the input "${inputRef('env')}" has none, so it is not set in the container.`,
    );
  }
  return notices;
}

/** Of an accessory, whose image is pulled if the host has none of that name. */
function pullNotices(name: ServiceName, service: ComposeService): readonly string[] {
  const policy = asText(service['pull_policy']) ?? 'missing';
  if (['missing', 'if_not_present', 'never', 'build'].includes(policy)) return [];
  return [
    `${name}: pull_policy: ${policy} is ignored. Its image is pulled only if the host has none of that name; for another one, change its tag or digest.`,
  ];
}

function sharedDataNotices(project: Project, name: ServiceName): readonly string[] {
  const data = writableMounts(project, name);
  if (data.length === 0) return [];
  return [
    `${name}: the old and the new release both write to ${data.join(' and ')} while both run. If that is not safe (SQLite, for example), set "${inputSetting('strategy', 'recreate')}".`,
  ];
}

/** An accessory that may be a proxy, though nothing says so. */
function accessoryProxyNotices(
  project: Project,
  name: ServiceName,
  { upstreamsOf, notices }: OwnProxies,
): readonly string[] {
  if (upstreamsOf.has(name) || notices.some((notice) => notice.startsWith(`${name} `))) return [];
  const service = project.service(name);
  const behind = [...dependenciesOf(service).keys()].filter(project.isReleased);
  if (portsOf(service).length === 0 || behind.length === 0) return [];
  return [
    `${name} is an accessory in front of ${behind.join(', ')}: its requests go to every release that answers to that name, and are not switched. For switched traffic, publish the ports of ${behind.join(', ')} instead.`,
  ];
}
