import type { ServiceName } from '../../model/identifiers.ts';
import { inputRef, inputSetting } from '../../model/input-ref.ts';
import { asObject } from '../../model/json.ts';
import type { Route } from '../../model/route.ts';
import type { Project } from './classify-services.ts';
import { routingProxyOf } from './external-proxy.ts';
import type { OwnProxies } from './own-proxies.ts';
import type { Problems } from './problems.ts';
import { onlyNetworkOf } from './render-projects.ts';
import type { Roles } from './roles.ts';
import { networksOf } from './service.ts';
import { hasTraefikLabels } from './traefik-labels.ts';

/** Proxies that find services by labels or variables, while the edge is not between them. Pure. */

/** Services that such a proxy finds, by what it finds them. Those that a Traefik of the file finds have notices of their own. */
function foundElsewhere(
  project: Project,
  roles: Roles,
  routes: readonly Route[],
  { labelled }: OwnProxies,
): readonly (readonly [ServiceName, string])[] {
  return [...project.released.keys()].flatMap((name) => {
    const found = routingProxyOf(project.service(name));
    const isServed = routes.some(({ service }) => service === name);
    const runsTwice = roles.get(name)?.exclusiveReason === undefined;
    return found === undefined || isServed || !runsTwice || labelled.includes(name)
      ? []
      : [[name, found] as const];
  });
}

/** An edge in front of nothing: the user means the proxy, and with `edge: none` it is counted on. */
export function rejectProxiesElsewhere(
  project: Project,
  roles: Roles,
  routes: readonly Route[],
  proxies: OwnProxies,
  problems: Problems,
): void {
  if (routes.length > 0) return;
  for (const [name, found] of foundElsewhere(project, roles, routes, proxies))
    problems.add(
      `compose-file: a proxy finds service ${name} by ${found}, and nothing of this release passes Sealift's edge. Set "${inputSetting('edge', 'none')}": then the proxy finds the new containers before the old ones stop. Or remove them and let the edge serve ${name}, with ports: or the input ${inputRef('domains')}.`,
      'services',
      name,
    );
}

/** For the log: where other services pass the edge, `edge: none` would be no advice. */
export const unswitchedNotices = (
  project: Project,
  roles: Roles,
  routes: readonly Route[],
  proxies: OwnProxies,
): readonly string[] =>
  foundElsewhere(project, roles, routes, proxies).map(
    ([name, found]) =>
      `${name}: a proxy finds it by ${found}, which the edge does not switch: its new containers run beside the old ones, and the proxy decides which of them answers.`,
  );

/** For the log: a container is on the network of its slot too, and Traefik would take any address. */
export function ambiguousNetworkNotices(project: Project, { labelled }: OwnProxies): readonly string[] {
  return [...project.released.keys()].flatMap((name) => {
    const service = project.service(name);
    const isOnSeveral = Object.keys(networksOf(service) ?? {}).length > 1;
    const said = asObject(service['labels'])['traefik.docker.network'];
    if (!hasTraefikLabels(service) || labelled.includes(name) || said !== undefined || !isOnSeveral)
      return [];
    if (onlyNetworkOf(project, service) !== undefined) return [];
    return [
      `${name}: it is on several networks, and nothing says by which Traefik reaches it, so a part of the requests may fail. Add the label traefik.docker.network with the name of the network that Traefik is on.`,
    ];
  });
}
