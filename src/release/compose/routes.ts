import type { ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { inputRef } from '../../model/input-ref.ts';
import type { PublishedPort, Route, RouteProtocol, Upstream } from '../../model/route.ts';
import type { Project } from './classify-services.ts';
import {
  type Backend,
  backendText,
  type DomainBackend,
  type Domains,
  domainBackends,
} from './domain-backends.ts';
import { whyStreamsExclusive } from './own-data.ts';
import type { OwnProxies } from './own-proxies.ts';
import { checkPortConflicts, isFrontPort } from './port-conflicts.ts';
import {
  portsThroughEdge,
  routeProtocolOf,
  streamPortsOf,
  wantsProxyProtocol,
  whyStream,
} from './port-protocol.ts';
import type { Problems } from './problems.ts';
import { withRouteIds } from './route-ids.ts';
import { type Port, portsOf } from './service.ts';
import { whyExclusive } from './why-exclusive.ts';

/** The routes of the released services: HTTP ports that the edge publishes in their place, domains, and upstreams of proxies. */
export function routesOf(
  project: Project,
  domains: Domains,
  { upstreams }: OwnProxies,
  problems: Problems,
  notices: string[],
): readonly Route[] {
  const byDomain = domainBackends(project, domains, problems);
  const routes = withRouteIds(
    [...project.released.keys()].flatMap((service) =>
      serviceRoutes(
        service,
        project,
        byDomain,
        domains,
        upstreams.get(service) ?? new Map(),
        problems,
        notices,
      ),
    ),
  );
  checkPortConflicts(routes, project, domains, problems);
  return routes;
}

function serviceRoutes(
  service: ServiceName,
  project: Project,
  byDomain: readonly DomainBackend[],
  domains: Domains,
  upstreams: ReadonlyMap<number, Upstream>,
  problems: Problems,
  notices: string[],
): readonly Omit<Route, 'id'>[] {
  const definition = project.service(service);
  const isExclusive =
    (whyExclusive(definition, project.isReleased, 'caddy') ?? whyStreamsExclusive(project, service)) !==
    undefined;
  // The front's HTTPS is not what such a port speaks, so no route takes its place.
  const passed = isExclusive ? portsOf(definition) : streamPortsOf(definition);
  const lost = passed.filter(({ address, published = '' }) => isFrontPort(address, published, domains));
  for (const { published = '' } of lost) notices.push(leftToFrontNotice(service, published));
  const ports = isExclusive ? [] : portsThroughEdge(definition).filter((port) => !isAmong(lost, port));
  const named = byDomain.filter((backend) => backend.service === service);
  const targets = new Set([
    ...ports.map(({ target }) => target),
    ...named.map(({ port }) => port),
    ...upstreams.keys(),
  ]);
  return [...targets].map((target) => {
    const backend = { service, port: target };
    const portsToTarget = ports.filter((port) => port.target === target);
    const own = named.find(({ port }) => port === target)?.domains ?? [];
    const upstream = upstreams.get(target);
    if (own.length === 0 && upstream === undefined)
      checkBackendReachable(backend, portsToTarget, domains, problems);
    const published = publishedPortsOf(backend, portsToTarget, domains, notices);
    if (portsToTarget.some(({ appProtocol }) => appProtocol === undefined))
      notices.push(...passedThroughNotice(backend, portsToTarget[0], definition));
    const protocol = protocolOf(backend, portsToTarget, definition, problems);
    const [stream] = portsToTarget.filter((port) => whyStream(port, definition) !== undefined);
    if (stream !== undefined && (own.length > 0 || upstream !== undefined))
      problems.add(passedThroughProblem(backend, stream, definition, own), 'services', service, 'ports');
    return {
      ...{ service, containerPort: target, published, domains: own },
      ...(protocol === undefined ? {} : { protocol }),
      ...(stream !== undefined && wantsProxyProtocol(stream) ? { sendProxy: true as const } : {}),
      ...(upstream === undefined ? {} : { upstream }),
    };
  });
}

/** `portsThroughEdge` reads the ports of a service anew. */
const isAmong = (ports: readonly Port[], one: Port): boolean =>
  ports.some(
    (each) => each.target === one.target && each.published === one.published && each.address === one.address,
  );

/** Nothing in the file says so, so it may be wrong. */
function passedThroughNotice(
  { service }: Backend,
  port: Port | undefined,
  definition: ComposeService,
): readonly string[] {
  const why = port && whyStream(port, definition);
  if (why === undefined) return [];
  return [
    `${service}: ${why}, so its connections are passed through as they are. If it speaks plain HTTP, set app_protocol: http.`,
  ];
}

/** What is passed through can't be what the edge speaks HTTP to. */
function passedThroughProblem(
  { service, port }: Backend,
  stream: Port,
  definition: ComposeService,
  domains: readonly string[],
): string {
  const what = domains.length > 0 ? `${domains.join(', ')} points` : 'a proxy of the file leads';
  return `compose-file: ${what} to ${service}:${port} by HTTP, but ${whyStream(stream, definition)}, so it is passed through as it is. If it speaks plain HTTP, set app_protocol: http on it. Otherwise name another port of ${service}.`;
}

/** One container port has one protocol, however often it is published. */
function protocolOf(
  { service, port }: Backend,
  ports: readonly Port[],
  definition: ComposeService,
  problems: Problems,
): RouteProtocol | undefined {
  const protocols = ports.map((each) => routeProtocolOf(each, definition));
  const spoken = ports.map((each, index) => `${protocols[index]} ${wantsProxyProtocol(each)}`);
  if (new Set(spoken).size > 1) {
    problems.add(
      `compose-file: port ${port} of service ${service} is published with several values of app_protocol. Set the same on all of them.`,
      'services',
      service,
      'ports',
    );
  }
  return protocols[0];
}

function publishedPortsOf(
  backend: Backend,
  ports: readonly Port[],
  domains: Domains,
  notices: string[],
): readonly PublishedPort[] {
  const kept: PublishedPort[] = [];
  for (const { address, published } of ports) {
    const port = Number(published);
    if (published === undefined || kept.some((other) => other.port === port && other.address === address))
      continue;
    if (isFrontPort(address, published, domains)) {
      const notice = leftToFrontNotice(backend.service, published);
      if (!notices.includes(notice)) notices.push(notice);
    } else kept.push({ address, port });
  }
  if (domains.size === 0 && kept.some(({ port }) => port === 443)) notices.push(plainHttpNotice(backend));
  return kept;
}

function leftToFrontNotice(service: ServiceName, port: string): string {
  return `${service}: its port ${port} is left to the front, the proxy that serves this host's domains on 80 and 443.`;
}

function plainHttpNotice({ service, port }: Backend): string {
  return `${service}: port 443 points to ${port} as plain HTTP. If ${service} terminates TLS itself, set app_protocol: https on that port; for automatic certificates use the input "${inputRef('domains')}".`;
}

function checkBackendReachable(
  backend: Backend,
  ports: readonly Port[],
  domains: Domains,
  problems: Problems,
): void {
  if (ports.every(({ published }) => published === undefined)) {
    problems.add(
      `compose-file: service ${backend.service} publishes ${backend.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${backend.port}"), give it a domain (input "${inputRef('domains')}": app.example.com=${backendText(backend)}), or use expose: if only other services use it.`,
      'services',
      backend.service,
      'ports',
    );
  } else if (
    ports.every(
      ({ address, published }) => published === undefined || isFrontPort(address, published, domains),
    )
  ) {
    const taken = ports.map(({ published }) => published).join(' and ');
    problems.add(
      `domains: ${backendText(backend)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${backendText(backend)}) or another port.`,
    );
  }
}
