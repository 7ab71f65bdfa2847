import type { ServiceName } from '../../model/identifiers.ts';
import { asText } from '../../model/json.ts';
import { isObserverByImage } from '../../model/proxy-names.ts';
import type { Upstream } from '../../model/route.ts';
import { joinWithAnd } from '../../model/text.ts';
import { addTraefikUpstreams, assignUpstreams } from './assign-upstreams.ts';
import type { Project } from './classify-services.ts';
import type { FileContents } from './inline-contents.ts';
import { namedBackends } from './named-backends.ts';
import { leadsOf, textsOf } from './proxy-leads.ts';
import { dependenciesOf, mountsOf, networksOf, portsOf } from './service.ts';
import { hasTraefikLabels } from './traefik-labels.ts';

/** Proxies that a Compose file brings: accessories that publish ports and send requests to released services. */
export interface OwnProxies {
  /** The upstreams that each of these accessories leads to, or reaches through another one. */
  readonly upstreamsOf: ReadonlyMap<ServiceName, readonly Upstream[]>;
  /** By released service and its port. */
  readonly upstreams: ReadonlyMap<ServiceName, ReadonlyMap<number, Upstream>>;
  /** Services that a Traefik of the file finds by labels, also those that can't be switched. */
  readonly labelled: readonly ServiceName[];
  readonly notices: readonly string[];
}

export const NO_PROXIES: OwnProxies = {
  ...{ upstreamsOf: new Map(), upstreams: new Map() },
  ...{ labelled: [], notices: [] },
};

/**
 * Recognizes the proxies of a Compose file by what they say: their configs, command and environment name a released service; or
 * they are proxies by name, depend on it and it exposes one port; or they are Traefik, and it has labels for it.
 */
export function findOwnProxies(project: Project, contents: FileContents): OwnProxies {
  const accessories = new Map(
    accessoriesBehindPorts(project, contents).map((name) => [name, leadsOf(project, name, contents)]),
  );
  const traefik = [...accessories.keys()].find((name) => isTraefik(project, name, contents));
  const ports = new Map<ServiceName, Set<number>>();
  for (const leads of accessories.values())
    for (const [service, own] of leads.ports)
      ports.set(service, new Set([...(ports.get(service) ?? []), ...own]));
  const upstreams = assignUpstreams(project, ports);
  const notices = [...accessories.values()].flatMap((leads) => leads.notices);
  if (traefik !== undefined) {
    const labelled = addTraefikUpstreams(project, upstreams);
    notices.push(...labelled.notices(traefik));
    const leads = accessories.get(traefik);
    for (const [service, port] of labelled.added)
      leads?.ports.set(service, new Set([...(leads.ports.get(service) ?? []), port]));
  }
  const upstreamsOf = new Map(
    [...accessories].map(([name, leads]) => [
      name,
      [...leads.ports].flatMap(([service, own]) =>
        [...own].flatMap((port) => upstreams.get(service)?.get(port) ?? []),
      ),
    ]),
  );
  return {
    upstreamsOf: new Map([...upstreamsOf].filter(([, all]) => all.length > 0)),
    upstreams,
    labelled:
      traefik === undefined
        ? []
        : [...project.released.keys()].filter((name) => hasTraefikLabels(project.service(name))),
    notices,
  };
}

/** Accessories that publish a port, and those that these depend on or name. Not those that only watch. */
function accessoriesBehindPorts(project: Project, contents: FileContents): readonly ServiceName[] {
  const reached = new Set<ServiceName>();
  const visit = (name: ServiceName): void => {
    if (reached.has(name) || isObserverByImage(asText(project.service(name)['image']) ?? '')) return;
    reached.add(name);
    const dependencies = dependenciesOf(project.service(name));
    const texts = textsOf(project, name, contents);
    for (const other of project.accessories)
      if (dependencies.has(other) || texts.some((text) => namedBackends(text, other).length > 0))
        visit(other);
  };
  for (const name of project.accessories) if (portsOf(project.service(name)).length > 0) visit(name);
  return [...reached].filter((name) => networksOf(project.service(name)) !== undefined);
}

/** Traefik reads labels from the engine: by its socket, or by a proxy of it. Others mount the socket too, such as Portainer. */
function isTraefik(project: Project, name: ServiceName, contents: FileContents): boolean {
  const service = project.service(name);
  if (/(^|\/)traefik\b/.test(asText(service['image']) ?? '')) return true;
  const hasSocket = mountsOf(service).some(({ source }) => /\/docker\.sock$/.test(source ?? ''));
  return hasSocket && [name, ...textsOf(project, name, contents)].some((text) => /traefik/i.test(text));
}

/** For the log: which proxies lead to what through the edge. */
export function ownProxyNotices({ upstreamsOf, upstreams }: OwnProxies): readonly string[] {
  return [...upstreamsOf].map(([proxy, own]) => {
    const behind = [...upstreams].flatMap(([service, ports]) =>
      [...ports].flatMap(([port, upstream]) => (own.includes(upstream) ? [`${service}:${port}`] : [])),
    );
    return `${proxy} is in front of ${joinWithAnd(behind)}: it reaches the edge under that name, which switches its requests from release to release.`;
  });
}
