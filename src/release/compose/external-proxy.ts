import type { ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asObject, asText, wordsOf } from '../../model/json.ts';
import type { Project } from './classify-services.ts';
import { exposedPortsOf, networksOf, portsOf } from './service.ts';

/** How a proxy of the user's own finds services. For it, old and new must run side by side. */

/** github.com/nginx-proxy/nginx-proxy */
export const PROXY_VARIABLES = ['VIRTUAL_HOST', 'VIRTUAL_HOST_MULTIPORTS'] as const;

const TRAEFIK_LABELS = 'labels of Traefik';

/** What makes a proxy send requests to a service; `undefined` if nothing does. */
export function externalProxyOf(service: ComposeService): string | undefined {
  const labels = asObject(service['labels']);
  const keys = Object.keys(labels);
  const isOff = wordsOf(labels['traefik.enable']).toLowerCase() === 'false';
  if (!isOff && keys.some((key) => key.startsWith('traefik.'))) return TRAEFIK_LABELS;
  // github.com/lucaslorentz/caddy-docker-proxy: `caddy`, `caddy_0`, `caddy.reverse_proxy`
  if (keys.some((key) => /^caddy(_\d+)?(\.|$)/.test(key))) return 'labels of caddy-docker-proxy';
  const environment = asObject(service['environment']);
  return PROXY_VARIABLES.find((name) => asText(environment[name]) !== undefined);
}

/**
 * What surely sends a proxy's requests to a service, and is no remark of a middleware or a port; `undefined` if nothing does.
 */
export function routingProxyOf(service: ComposeService): string | undefined {
  const found = externalProxyOf(service);
  const labels = Object.entries(asObject(service['labels']));
  const routes = labels.some(
    ([key, value]) =>
      /^traefik\.(http|tcp|udp)\.routers\./i.test(key) ||
      (/^traefik\.enable$/i.test(key) && wordsOf(value).toLowerCase() === 'true'),
  );
  return found === TRAEFIK_LABELS && !routes ? undefined : found;
}

/** Whether something outside can reach a service by its name: it has a port, or is on a network that others created. */
export function isReachableFromOutside(project: Project, name: ServiceName): boolean {
  const service = project.service(name);
  const isOnExternalNetwork = Object.keys(networksOf(service) ?? {}).some(
    (key) => asObject(project.config.networks?.[key])['external'] === true,
  );
  return isOnExternalNetwork || exposedPortsOf(service).length > 0 || portsOf(service).length > 0;
}
