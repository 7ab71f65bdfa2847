import type { PublishedPort, Route, ServiceName } from '../../model/release.ts';
import type { ComposeSource } from '../../model/request.ts';
import { object } from './data.ts';
import { isHttp, whyExclusive } from './exclusive.ts';
import { wrongPort } from './named-port.ts';
import type { Problems } from './problems.ts';
import type { Project } from './project.ts';
import { withIds } from './route-ids.ts';
import { exposedBy, isOnAll, networksOf, type Port, portsOf } from './service.ts';

export type Domains = ComposeSource['domains'];

interface WayIn {
  readonly service: ServiceName;
  readonly port: number;
}

const worded = (way: WayIn): string => `${way.service}:${way.port}`;

/** The released services' ways in: HTTP ports that the edge publishes in their place, and domains. */
export function routesOf(
  project: Project,
  domains: Domains,
  problems: Problems,
  notices: string[],
): readonly Route[] {
  const byRoute = assignDomains(project, domains, problems);
  const names = [...project.released.keys()];
  const unnamed = names.flatMap((service) => {
    const beside = whyExclusive(project.service(service), project.isReleased) === undefined;
    const all = portsOf(project.service(service));
    if (!beside)
      notices.push(
        ...all.filter((port) => isFronts(port, domains)).map((port) => left(service, port.published)),
      );
    const ports = beside ? all.filter(isHttp) : [];
    const targets = new Set(ports.map((port) => port.target));
    for (const way of byRoute.keys()) if (way.service === service) targets.add(way.port);
    return [...targets].map((target): Omit<Route, 'id'> => {
      const way = { service, port: target };
      const mine = ports.filter((port) => port.target === target);
      const named = [...byRoute]
        .filter(([other]) => worded(other) === worded(way))
        .flatMap(([, names]) => names);
      if (named.length === 0) checkReachable(way, mine, domains, problems);
      const published = publishedOf(way, mine, domains.size > 0, notices);
      return { service, containerPort: target, published, domains: named };
    });
  });
  const routes = withIds(unnamed);
  checkOverlaps(routes, project, domains, problems);
  return routes;
}

/** Without an edge there is no way in but what services have themselves; their ports must differ all the same. */
export function withoutRoutes(project: Project, problems: Problems): readonly Route[] {
  checkOverlaps([], project, new Map(), problems);
  return [];
}

/** Whether a published port is left to the host's front, which owns 80 and 443 where there are domains. */
export function isFronts(port: Port, domains: Domains): boolean {
  return domains.size > 0 && isOnAll(port.address) && (port.published === '80' || port.published === '443');
}

function publishedOf(
  way: WayIn,
  ports: readonly Port[],
  hasDomains: boolean,
  notices: string[],
): readonly PublishedPort[] {
  const all = ports
    .filter((port) => port.published !== undefined)
    .map((port) => ({ address: port.address, port: Number(port.published) }));
  const unique = all.filter((one, at) => all.findIndex((other) => isSame(one, other)) === at);
  if (!hasDomains) {
    if (unique.some((one) => one.port === 443)) notices.push(selfEncrypted(way));
    return unique;
  }
  const kept = unique.filter((one) => !isOnAll(one.address) || (one.port !== 80 && one.port !== 443));
  for (const one of unique.filter((each) => !kept.includes(each))) {
    notices.push(left(way.service, String(one.port)));
  }
  return kept;
}

function left(service: ServiceName, port: string | undefined): string {
  return `${service}: its port ${port} is left to the front, which serves this host's domains on 80 and 443.`;
}

function selfEncrypted({ service, port }: WayIn): string {
  return `${service}: port 443 leads to ${port} as plain HTTP. If ${service} encrypts by itself, say app_protocol: https on that port (it is recreated then); for automatic certificates use the input domains.`;
}

const isSame = (one: PublishedPort, other: PublishedPort): boolean =>
  one.port === other.port && one.address === other.address;

function checkReachable(way: WayIn, ports: readonly Port[], domains: Domains, problems: Problems): void {
  if (ports.every((port) => port.published === undefined)) {
    problems.add(
      `compose-file: service ${way.service} publishes ${way.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${way.port}"), give it a domain (input domains: app.example.com=${worded(way)}), or use expose: for what only other services ask.`,
    );
  } else if (ports.every((port) => port.published === undefined || isFronts(port, domains))) {
    const taken = ports.map((port) => port.published).join(' and ');
    problems.add(
      `domains: ${worded(way)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${worded(way)}) or another port.`,
    );
  }
}

/** Which domains lead where. */
function assignDomains(
  project: Project,
  domains: Domains,
  problems: Problems,
): ReadonlyMap<WayIn, readonly string[]> {
  const assigned = new Map<string, { way: WayIn; domains: string[] }>();
  for (const [domain, target] of domains) {
    const way = wayFor(domain, target, project, problems);
    if (way === undefined) continue;
    const known = assigned.get(worded(way)) ?? { way, domains: [] };
    assigned.set(worded(way), { way, domains: [...known.domains, domain] });
  }
  return new Map([...assigned.values()].map(({ way, domains: named }) => [way, named]));
}

function wayFor(
  domain: string,
  target: { readonly service: ServiceName; readonly port: number | undefined } | undefined,
  project: Project,
  problems: Problems,
): WayIn | undefined {
  if (target !== undefined) {
    const { service, port } = target;
    if (!project.isReleased(service)) {
      const known = [...project.released.keys()].join(', ');
      const what = project.accessories.includes(service) ? 'an accessory' : 'not in the Compose file';
      problems.add(`domains: ${domain} leads to ${service}, which is ${what}. Released services: ${known}.`);
      return undefined;
    }
    if (networksOf(project.service(service)) === undefined) {
      const mode = String(project.service(service)['network_mode']);
      problems.add(
        `domains: ${domain} leads to ${service}, which the edge can't reach: network_mode: ${mode}. Remove network_mode.`,
      );
      return undefined;
    }
    const wrong = port === undefined ? undefined : wrongPort(domain, service, port, project);
    if (wrong !== undefined) {
      problems.add(wrong.problem);
      return { service, port: wrong.instead };
    }
    if (port !== undefined) return { service, port };
  }
  const choices = waysIn(project, target === undefined ? [...project.released.keys()] : [target.service]);
  if (choices.length === 1) return choices[0];
  const of = target === undefined ? 'the released services have' : `${target.service} has`;
  problems.add(
    choices.length === 0
      ? `domains: ${of} no port for ${domain} to lead to. Write ${domain}=${target?.service ?? [...project.released.keys()][0] ?? 'service'}:port.`
      : `domains: ${of} several ports for ${domain} to lead to. Write ${choices.map((way) => `${domain}=${worded(way)}`).join(' or ')}.`,
  );
  return undefined;
}

/** Ports that a domain can mean without naming one: HTTP ports, else `expose`. */
function waysIn(project: Project, names: readonly ServiceName[]): readonly WayIn[] {
  const reachable = names.filter((name) => networksOf(project.service(name)) !== undefined);
  const ways = (portsIn: (name: ServiceName) => readonly number[]): readonly WayIn[] =>
    reachable.flatMap((service) => [...new Set(portsIn(service))].map((port) => ({ service, port })));
  const published = ways((name) =>
    portsOf(project.service(name))
      .filter(isHttp)
      .map((port) => port.target),
  );
  return published.length > 0 ? published : ways((name) => exposedBy(project.service(name)));
}

interface Claim extends PublishedPort {
  readonly by: string;
}

/** Each port of the host can be had once: by a route, by an accessory, by a service that keeps its ports, by the front. */
function checkOverlaps(
  routes: readonly Route[],
  project: Project,
  domains: Domains,
  problems: Problems,
): void {
  const routed = routes.flatMap((route) =>
    route.published.map((one): Claim => ({ ...one, by: `${route.service}:${route.containerPort}` })),
  );
  const served = new Set(routes.filter((route) => route.published.length > 0).map((route) => route.service));
  const others = Object.entries(project.config.services)
    .filter(([name]) => !served.has(name) && object(project.service(name))['network_mode'] !== 'host')
    .flatMap(([name, service]) =>
      portsOf(service)
        .filter((port) => port.protocol === 'tcp' && /^\d+$/.test(port.published ?? ''))
        .filter((port) => !(project.isReleased(name) && isFronts(port, domains)))
        .map((port): Claim => ({ address: port.address, port: Number(port.published), by: name })),
    );
  const front =
    domains.size === 0
      ? []
      : [80, 443].map((port) => ({ address: undefined, port, by: 'the front for domains' }));
  const claims = [...front, ...routed, ...others];
  for (const [at, one] of claims.entries()) {
    const other = claims.slice(0, at).find((each) => each.by !== one.by && overlap(each, one));
    if (other !== undefined) {
      problems.add(
        `compose-file: port ${one.port} of the host is claimed by ${other.by} and by ${one.by}. Publish one of them on another port.`,
      );
    }
  }
}

function overlap(one: PublishedPort, other: PublishedPort): boolean {
  return (
    one.port === other.port &&
    (isOnAll(one.address) || isOnAll(other.address) || one.address === other.address)
  );
}
