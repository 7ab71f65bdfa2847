import type { ComposeService, ServiceName } from '../../model/release.ts';
import { object, text } from './data.ts';
import type { Project } from './project.ts';
import { exposedBy, networksOf, portsOf } from './service.ts';

/** How a proxy of the user's own finds services: what it needs of Sealift is that old and new stand side by side. */

/** What tells a proxy by name that it is to send requests to a service; `undefined` where nothing does. */
export function proxyOf(service: ComposeService): string | undefined {
  const labels = Object.entries(object(service['labels']));
  const off = labels.some(
    ([key, value]) => key === 'traefik.enable' && String(value).toLowerCase() === 'false',
  );
  if (!off && labels.some(([key]) => key.startsWith('traefik.'))) return 'labels of Traefik';
  // github.com/lucaslorentz/caddy-docker-proxy: `caddy`, `caddy_0`, `caddy.reverse_proxy`
  if (labels.some(([key]) => /^caddy(_\d+)?(\.|$)/.test(key))) return 'labels of caddy-docker-proxy';
  const environment = object(service['environment']);
  const named = PROXY_VARIABLES.find((name) => text(environment[name]) !== undefined);
  return named;
}

/** github.com/nginx-proxy/nginx-proxy */
export const PROXY_VARIABLES = ['VIRTUAL_HOST', 'VIRTUAL_HOST_MULTIPORTS'] as const;

/** Whether something outside may ask a service by its name: a port that it exposes, a network that others made. */
export function isWithinReach(project: Project, name: ServiceName): boolean {
  const service = project.service(name);
  const outside = Object.keys(networksOf(service) ?? {}).some(
    (key) => object(project.config.networks?.[key])['external'] === true,
  );
  return outside || exposedBy(service).length > 0 || portsOf(service).length > 0;
}
