import { asObject, asText } from '../../model/json.ts';
import type { ComposeService, ServiceName } from '../../model/release.ts';
import type { EdgeKind } from '../../model/request.ts';
import type { Project } from './classify-services.ts';
import { publishesPorts } from './cross-project-refs.ts';
import { externalProxyOf } from './external-proxy.ts';
import { type ServiceRole, writableMounts } from './roles.ts';
import { dependenciesOf } from './service.ts';

/** What a reader of the log should know of a Compose file that is delivered. */
export function composeNoticesOf(
  project: Project,
  roles: ReadonlyMap<ServiceName, ServiceRole>,
  edge: EdgeKind,
): readonly string[] {
  const released = [...project.released.keys()].flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...preStopNotices(name, project.service(name)),
    ...onFailureNotices(name, project.service(name)),
    ...(servesBesideOldRelease(project, name, roles) ? sharedDataNotices(project, name) : []),
  ]);
  const accessories = project.accessories.flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...(edge === 'none' ? [] : accessoryProxyNotices(project, name)),
  ]);
  return [...(edge === 'none' ? noProxyNotices(roles) : []), ...released, ...accessories];
}

/** Whether old and new answer side by side: by the edge, or by what leads a proxy there. */
function servesBesideOldRelease(
  project: Project,
  name: ServiceName,
  roles: ReadonlyMap<ServiceName, ServiceRole>,
): boolean {
  const role = roles.get(name)?.role;
  return role === 'served' || (role === 'internal' && externalProxyOf(project.service(name)) !== undefined);
}

/** A proxy that finds nothing is easily overlooked. */
function noProxyNotices(roles: ReadonlyMap<ServiceName, ServiceRole>): readonly string[] {
  if ([...roles.values()].some(({ role }) => role !== 'worker')) return [];
  return [
    'edge: none, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all are taken for workers.',
  ];
}

function commonNotices(name: ServiceName, service: ComposeService): readonly string[] {
  const local =
    service['develop'] === undefined ? [] : [`${name}: develop is for local work and ignored here.`];
  return [...local, ...unsetVariableNotices(name, service)];
}

/** `environment: [NAME]` takes NAME from the one who runs Compose; left unset it is easily overlooked. */
function unsetVariableNotices(name: ServiceName, service: ComposeService): readonly string[] {
  const unset = Object.entries(asObject(service['environment']))
    .filter(([, value]) => value === null)
    .map(([variable]) => variable);
  if (unset.length === 0) return [];
  return [
    `${name}: its environment names ${unset.join(', ')} without a value, and none is given (input env), so it is not set there.`,
  ];
}

function preStopNotices(name: ServiceName, service: ComposeService): readonly string[] {
  if (service['pre_stop'] === undefined) return [];
  return [
    `${name}: pre_stop is not run. Releases are stopped through the engine, which does not know it; catch stop_signal instead.`,
  ];
}

/** Seen with Engine 28: after its restart it starts stopped containers whose exit code was not 0. */
function onFailureNotices(name: ServiceName, service: ComposeService): readonly string[] {
  const condition = asText(asObject(asObject(service['deploy'])['restart_policy'])['condition']);
  const restart = asText(service['restart']) ?? condition;
  if (restart?.startsWith('on-failure') !== true) return [];
  return [
    `${name}: with restart: on-failure the engine may start kept containers of former releases when it restarts. unless-stopped does not.`,
  ];
}

function sharedDataNotices(project: Project, name: ServiceName): readonly string[] {
  const data = writableMounts(project, name);
  if (data.length === 0) return [];
  return [
    `${name}: the old and the new release both write to ${data.join(' and ')} while both stand. If they must not, say deploy.update_config.order: stop-first.`,
  ];
}

function accessoryProxyNotices(project: Project, name: ServiceName): readonly string[] {
  const service = project.service(name);
  const behind = [...dependenciesOf(service).keys()].filter(project.isReleased);
  if (!publishesPorts(service) || behind.length === 0) return [];
  return [
    `${name} is an accessory in front of ${behind.join(', ')}: its requests go to every release that answers to that name, and are not switched. To have that, publish the ports of ${behind.join(', ')} instead.`,
  ];
}
