import { asObject } from '../../model/json.ts';
import type { PublishedPort, Route, ServiceName } from '../../model/release.ts';
import type { ComposeSource } from '../../model/request.ts';
import type { Project } from './classify-services.ts';
import { checkDomainPort } from './domain-port.ts';
import type { Problems } from './problems.ts';
import { withRouteIds } from './route-ids.ts';
import { exposedPortsOf, isOnAllAddresses, networksOf, type Port, portsOf } from './service.ts';
import { isHttpPort, whyExclusive } from './why-exclusive.ts';

export type Domains = ComposeSource['domains'];

interface Backend {
  readonly service: ServiceName;
  readonly port: number;
}

const backendText = (backend: Backend): string => `${backend.service}:${backend.port}`;

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
        ...all
          .filter((port) => isFrontPort(port, domains))
          .map((port) => leftToFrontNotice(service, port.published)),
      );
    const ports = beside ? all.filter(isHttpPort) : [];
    const targets = new Set(ports.map((port) => port.target));
    for (const backend of byRoute.keys()) if (backend.service === service) targets.add(backend.port);
    return [...targets].map((target): Omit<Route, 'id'> => {
      const backend = { service, port: target };
      const portsToTarget = ports.filter((port) => port.target === target);
      const named = [...byRoute]
        .filter(([other]) => backendText(other) === backendText(backend))
        .flatMap(([, names]) => names);
      if (named.length === 0) checkBackendReachable(backend, portsToTarget, domains, problems);
      const published = publishedPortsOf(backend, portsToTarget, domains.size > 0, notices);
      return { service, containerPort: target, published, domains: named };
    });
  });
  const routes = withRouteIds(unnamed);
  checkPortConflicts(routes, project, domains, problems);
  return routes;
}

/** Without an edge there is no way in but what services have themselves; their ports must differ all the same. */
export function routesWithoutEdge(project: Project, problems: Problems): readonly Route[] {
  checkPortConflicts([], project, new Map(), problems);
  return [];
}

/** Whether a published port is left to the host's front, which owns 80 and 443 where there are domains. */
export function isFrontPort(port: Port, domains: Domains): boolean {
  return (
    domains.size > 0 &&
    isOnAllAddresses(port.address) &&
    (port.published === '80' || port.published === '443')
  );
}

function publishedPortsOf(
  backend: Backend,
  ports: readonly Port[],
  hasDomains: boolean,
  notices: string[],
): readonly PublishedPort[] {
  const all = ports
    .filter((port) => port.published !== undefined)
    .map((port) => ({ address: port.address, port: Number(port.published) }));
  const unique = all.filter((one, at) => all.findIndex((other) => isSamePort(one, other)) === at);
  if (!hasDomains) {
    if (unique.some((one) => one.port === 443)) notices.push(plainHttpNotice(backend));
    return unique;
  }
  const kept = unique.filter(
    (one) => !isOnAllAddresses(one.address) || (one.port !== 80 && one.port !== 443),
  );
  for (const one of unique.filter((each) => !kept.includes(each))) {
    notices.push(leftToFrontNotice(backend.service, String(one.port)));
  }
  return kept;
}

function leftToFrontNotice(service: ServiceName, port: string | undefined): string {
  return `${service}: its port ${port} is left to the front, which serves this host's domains on 80 and 443.`;
}

function plainHttpNotice({ service, port }: Backend): string {
  return `${service}: port 443 leads to ${port} as plain HTTP. If ${service} encrypts by itself, say app_protocol: https on that port (it is recreated then); for automatic certificates use the input domains.`;
}

const isSamePort = (one: PublishedPort, other: PublishedPort): boolean =>
  one.port === other.port && one.address === other.address;

function checkBackendReachable(
  backend: Backend,
  ports: readonly Port[],
  domains: Domains,
  problems: Problems,
): void {
  if (ports.every((port) => port.published === undefined)) {
    problems.add(
      `compose-file: service ${backend.service} publishes ${backend.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${backend.port}"), give it a domain (input domains: app.example.com=${backendText(backend)}), or use expose: for what only other services ask.`,
    );
  } else if (ports.every((port) => port.published === undefined || isFrontPort(port, domains))) {
    const taken = ports.map((port) => port.published).join(' and ');
    problems.add(
      `domains: ${backendText(backend)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${backendText(backend)}) or another port.`,
    );
  }
}

/** Which domains lead where. */
function assignDomains(
  project: Project,
  domains: Domains,
  problems: Problems,
): ReadonlyMap<Backend, readonly string[]> {
  const assigned = new Map<string, { way: Backend; domains: string[] }>();
  for (const [domain, target] of domains) {
    const backend = backendForDomain(domain, target, project, problems);
    if (backend === undefined) continue;
    const known = assigned.get(backendText(backend)) ?? { way: backend, domains: [] };
    assigned.set(backendText(backend), { way: backend, domains: [...known.domains, domain] });
  }
  return new Map([...assigned.values()].map(({ way: backend, domains: named }) => [backend, named]));
}

function backendForDomain(
  domain: string,
  target: { readonly service: ServiceName; readonly port: number | undefined } | undefined,
  project: Project,
  problems: Problems,
): Backend | undefined {
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
    const wrong = port === undefined ? undefined : checkDomainPort(domain, service, port, project);
    if (wrong !== undefined) {
      problems.add(wrong.problem);
      return { service, port: wrong.instead };
    }
    if (port !== undefined) return { service, port };
  }
  const choices = possibleBackends(
    project,
    target === undefined ? [...project.released.keys()] : [target.service],
  );
  if (choices.length === 1) return choices[0];
  const of = target === undefined ? 'the released services have' : `${target.service} has`;
  problems.add(
    choices.length === 0
      ? `domains: ${of} no port for ${domain} to lead to. Write ${domain}=${target?.service ?? [...project.released.keys()][0] ?? 'service'}:port.`
      : `domains: ${of} several ports for ${domain} to lead to. Write ${choices.map((backend) => `${domain}=${backendText(backend)}`).join(' or ')}.`,
  );
  return undefined;
}

/** Ports that a domain can mean without naming one: HTTP ports, else `expose`. */
function possibleBackends(project: Project, names: readonly ServiceName[]): readonly Backend[] {
  const reachable = names.filter((name) => networksOf(project.service(name)) !== undefined);
  const backendsOf = (portsIn: (name: ServiceName) => readonly number[]): readonly Backend[] =>
    reachable.flatMap((service) => [...new Set(portsIn(service))].map((port) => ({ service, port })));
  const published = backendsOf((name) =>
    portsOf(project.service(name))
      .filter(isHttpPort)
      .map((port) => port.target),
  );
  return published.length > 0 ? published : backendsOf((name) => exposedPortsOf(project.service(name)));
}

interface PortClaim extends PublishedPort {
  readonly owner: string;
}

/** Each port of the host can be had once: by a route, by an accessory, by a service that keeps its ports, by the front. */
function checkPortConflicts(
  routes: readonly Route[],
  project: Project,
  domains: Domains,
  problems: Problems,
): void {
  const routed = routes.flatMap((route) =>
    route.published.map((one): PortClaim => ({ ...one, owner: `${route.service}:${route.containerPort}` })),
  );
  const served = new Set(routes.filter((route) => route.published.length > 0).map((route) => route.service));
  const others = Object.entries(project.config.services)
    .filter(([name]) => !served.has(name) && asObject(project.service(name))['network_mode'] !== 'host')
    .flatMap(([name, service]) =>
      portsOf(service)
        .filter((port) => port.protocol === 'tcp' && /^\d+$/.test(port.published ?? ''))
        .filter((port) => !(project.isReleased(name) && isFrontPort(port, domains)))
        .map((port): PortClaim => ({ address: port.address, port: Number(port.published), owner: name })),
    );
  const front =
    domains.size === 0
      ? []
      : [80, 443].map((port) => ({ address: undefined, port, owner: 'the front for domains' }));
  const claims = [...front, ...routed, ...others];
  for (const [at, one] of claims.entries()) {
    const other = claims.slice(0, at).find((each) => each.owner !== one.owner && portsOverlap(each, one));
    if (other !== undefined) {
      problems.add(
        `compose-file: port ${one.port} of the host is claimed by ${other.owner} and by ${one.owner}. Publish one of them on another port.`,
      );
    }
  }
}

function portsOverlap(one: PublishedPort, other: PublishedPort): boolean {
  return (
    one.port === other.port &&
    (isOnAllAddresses(one.address) || isOnAllAddresses(other.address) || one.address === other.address)
  );
}
