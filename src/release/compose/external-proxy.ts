import { asObject, asText } from '../../model/json.ts';
import type { ComposeService, ServiceName } from '../../model/release.ts';
import type { Project } from './classify-services.ts';
import { exposedPortsOf, networksOf, portsOf } from './service.ts';

/** How a proxy of the user's own finds services: what it needs of Sealift is that old and new stand side by side. */

/** What tells a proxy by name that it is to send requests to a service; `undefined` where nothing does. */
export function externalProxyOf(service: ComposeService): string | undefined {
  const labels = Object.entries(asObject(service['labels']));
  const off = labels.some(
    ([key, value]) => key === 'traefik.enable' && String(value).toLowerCase() === 'false',
  );
  if (!off && labels.some(([key]) => key.startsWith('traefik.'))) return 'labels of Traefik';
  // github.com/lucaslorentz/caddy-docker-proxy: `caddy`, `caddy_0`, `caddy.reverse_proxy`
  if (labels.some(([key]) => /^caddy(_\d+)?(\.|$)/.test(key))) return 'labels of caddy-docker-proxy';
  const environment = asObject(service['environment']);
  const named = PROXY_VARIABLES.find((name) => asText(environment[name]) !== undefined);
  return named;
}

/** github.com/nginx-proxy/nginx-proxy */
export const PROXY_VARIABLES = ['VIRTUAL_HOST', 'VIRTUAL_HOST_MULTIPORTS'] as const;

/** Whether something outside may ask a service by its name: a port that it exposes, a network that others made. */
export function isReachableFromOutside(project: Project, name: ServiceName): boolean {
  const service = project.service(name);
  const outside = Object.keys(networksOf(service) ?? {}).some(
    (key) => asObject(project.config.networks?.[key])['external'] === true,
  );
  return outside || exposedPortsOf(service).length > 0 || portsOf(service).length > 0;
}
