import type { ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asList, asObject, asStrings, asText, unescapeDollars } from '../../model/json.ts';
import type { Upstream } from '../../model/route.ts';
import { joinWithAnd } from '../../model/text.ts';
import type { Project } from './classify-services.ts';
import type { FileContents } from './inline-contents.ts';
import { namedBackends } from './named-backends.ts';
import { nonHttpProtocol } from './port-protocol.ts';
import {
  aliasesOf,
  dependenciesOf,
  exposedPortsOf,
  fileObjectName,
  linksOf,
  mountsOf,
  networksOf,
  portsOf,
} from './service.ts';
import { hasTraefikLabels, traefikBackendOf } from './traefik-labels.ts';

/** Proxies that a Compose file brings: accessories that publish ports and send requests to released services. */
export interface OwnProxies {
  /** The upstreams that each of these accessories leads to, or reaches through another one. */
  readonly upstreamsOf: ReadonlyMap<ServiceName, readonly Upstream[]>;
  /** By released service and its port. */
  readonly upstreams: ReadonlyMap<ServiceName, ReadonlyMap<number, Upstream>>;
  readonly notices: readonly string[];
}

export const NO_PROXIES: OwnProxies = { upstreamsOf: new Map(), upstreams: new Map(), notices: [] };

/** What a proxy leads to: ports by released service, and what is not HTTP. */
interface Leads {
  readonly ports: Map<ServiceName, Set<number>>;
  readonly notices: string[];
}

/**
 * Recognizes the proxies of a Compose file by what they say: their configs, command and environment name a released service; or
 * they are proxies by name, depend on it and it exposes one port; or they are Traefik, and it has labels for it.
 */
export function findOwnProxies(project: Project, contents: FileContents): OwnProxies {
  const accessories = new Map(
    accessoriesBehindPorts(project, contents).map((name) => [name, leadsOf(project, name, contents)]),
  );
  const traefik = [...accessories.keys()].find((name) => isTraefik(project.service(name)));
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
    notices,
  };
}

/** Accessories that publish a port, and those that these depend on or name. */
function accessoriesBehindPorts(project: Project, contents: FileContents): readonly ServiceName[] {
  const reached = new Set<ServiceName>();
  const visit = (name: ServiceName): void => {
    if (reached.has(name)) return;
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

function leadsOf(project: Project, name: ServiceName, contents: FileContents): Leads {
  const service = project.service(name);
  const texts = textsOf(project, name, contents);
  const leads: Leads = { ports: new Map(), notices: [] };
  let isNamed = false;
  for (const released of reachableServices(project, service)) {
    const hosts = [...namesOf(project, released), ...linkNames(service, released)];
    const found = hosts.flatMap((host) => texts.flatMap((text) => namedBackends(text, host)));
    const ports = found.flatMap((each) =>
      each.kind === 'other' ? [] : (each.port ?? onlyExposedPort(project.service(released)) ?? []),
    );
    const other = found.find((each) => each.kind === 'other');
    isNamed ||= found.length > 0;
    if (ports.length > 0) leads.ports.set(released, new Set(ports));
    else if (other !== undefined) leads.notices.push(notSwitchedNotice(name, released, other.protocol));
  }
  if (!isNamed && isProxyByName(name, service)) addDependencies(project, name, leads);
  return leads;
}

/** Where the configuration is in the image or on the server, only `depends_on` and `expose` tell. */
function addDependencies(project: Project, name: ServiceName, leads: Leads): void {
  const service = project.service(name);
  const dependencies = dependenciesOf(service);
  for (const released of reachableServices(project, service)) {
    const condition = dependencies.get(released)?.condition;
    if (condition === undefined || condition === 'service_completed_successfully') continue;
    const port = onlyExposedPort(project.service(released));
    if (port === undefined) leads.notices.push(unknownPortNotice(name, released));
    else leads.ports.set(released, new Set([port]));
  }
}

/** Released services that share a network with an accessory. */
function reachableServices(project: Project, accessory: ComposeService): readonly ServiceName[] {
  const own = Object.keys(networksOf(accessory) ?? {});
  return [...project.released.keys()].filter((name) =>
    Object.keys(networksOf(project.service(name)) ?? {}).some((network) => own.includes(network)),
  );
}

/** All names under which others reach a released service. */
function namesOf(project: Project, name: ServiceName): readonly string[] {
  const service = project.service(name);
  const links = project.accessories.flatMap((other) => linkNames(project.service(other), name));
  const containerName = asStrings([service['container_name']]);
  return [...new Set([name, ...containerName, ...aliasesOf(service), ...links])];
}

const linkNames = (service: ComposeService, to: ServiceName): readonly string[] =>
  linksOf(service).flatMap((link) => (link.service === to ? [link.alias] : []));

/** FastCGI's port is usually exposed, too, and no HTTP. */
export function onlyExposedPort(service: ComposeService): number | undefined {
  const published = portsOf(service).flatMap(({ target, protocol }) => (protocol === 'tcp' ? [target] : []));
  const ports = [...new Set([...exposedPortsOf(service), ...published])];
  const [port] = ports;
  const isHttp = port !== 9000 && port !== undefined && nonHttpProtocol(port) === undefined;
  return ports.length === 1 && isHttp ? port : undefined;
}

const PROXY_NAMES =
  /nginx|openresty|angie|caddy|traefik|haproxy|envoy|httpd|apache|kong|varnish|proxy|gateway|ingress|\bswag\b|\blb\b/i;

const isProxyByName = (name: ServiceName, service: ComposeService): boolean =>
  PROXY_NAMES.test(name) || PROXY_NAMES.test(asText(service['image']) ?? '');

/** Traefik reads labels from the engine: by its socket, or by a proxy of it. */
function isTraefik(service: ComposeService): boolean {
  const hasSocket = mountsOf(service).some(({ source }) => /\/docker\.sock$/.test(source ?? ''));
  return hasSocket || /(^|\/)traefik\b/.test(asText(service['image']) ?? '');
}

/** What an accessory is told: its configs, command, entrypoint and variables. */
function textsOf(project: Project, name: ServiceName, contents: FileContents): readonly string[] {
  const service = project.service(name);
  const files = asList(service['configs'])
    .map(fileObjectName)
    .map(
      (config) =>
        contents.get(`config:${config}`) ??
        unescapeDollars(asText(asObject(project.config.configs?.[config])['content']) ?? ''),
    );
  const argv = ['command', 'entrypoint'].map((key) =>
    unescapeDollars(asText(service[key]) ?? asStrings(service[key]).join('\n')),
  );
  const variables = Object.entries(asObject(service['environment'])).map(
    ([variable, value]) => `${variable}=${unescapeDollars(String(value ?? ''))}`,
  );
  return [...files, ...argv, ...variables].filter((text) => text !== '');
}

/** Each service is on the first network on which no other service has a port of it. */
function assignUpstreams(
  project: Project,
  ports: ReadonlyMap<ServiceName, ReadonlySet<number>>,
): Map<ServiceName, Map<number, Upstream>> {
  const taken: Set<number>[] = [];
  const upstreams = new Map<ServiceName, Map<number, Upstream>>();
  for (const [service, own] of ports) {
    let index = taken.findIndex((each) => [...own].every((port) => !each.has(port)));
    if (index === -1) index = taken.push(new Set()) - 1;
    for (const port of own) taken[index]?.add(port);
    const network = index === 0 ? FIRST_NETWORK : `${FIRST_NETWORK}-${index + 1}`;
    const names = namesOf(project, service);
    upstreams.set(service, new Map([...own].map((port) => [port, { network, port, names }])));
  }
  return upstreams;
}

const FIRST_NETWORK = 'upstream';

/**
 * Adds the services that Traefik finds by labels. All are on the first network, since a container tells Traefik of one; the labels
 * say on which port the edge listens for each.
 */
function addTraefikUpstreams(
  project: Project,
  upstreams: Map<ServiceName, Map<number, Upstream>>,
): {
  readonly added: readonly (readonly [ServiceName, number])[];
  notices(traefik: ServiceName): readonly string[];
} {
  const taken = new Set(
    [...upstreams.values()].flatMap((own) =>
      [...own.values()].flatMap(({ network, port }) => (network === FIRST_NETWORK ? [port] : [])),
    ),
  );
  const added: (readonly [ServiceName, number])[] = [];
  const failures: (readonly [ServiceName, string])[] = [];
  for (const service of project.released.keys()) {
    if (!hasTraefikLabels(project.service(service))) continue;
    const found = traefikBackendOf(service, project.service(service), onlyExposedPort);
    if (typeof found === 'string') {
      failures.push([service, found]);
      continue;
    }
    const own = upstreams.get(service) ?? new Map<number, Upstream>();
    const known = own.get(found.port);
    const shared = known?.network === FIRST_NETWORK ? known : undefined;
    let port = found.port;
    while (shared === undefined && taken.has(port)) port += 1;
    taken.add(port);
    const names = shared?.names ?? [];
    own.set(found.port, { network: FIRST_NETWORK, port, names, labels: found.labels(port) });
    upstreams.set(service, own);
    added.push([service, found.port]);
  }
  return {
    added,
    notices: (traefik) => failures.map(([service, why]) => traefikNotice(traefik, service, why)),
  };
}

function notSwitchedNotice(proxy: ServiceName, service: ServiceName, protocol: string): string {
  return `${proxy} leads to ${service} by ${protocol}, which the edge can't switch: its requests go to every release that answers to that name, and fail while it keeps the address of an old one. Give ${proxy} a build: too, so that each release has its own, and the edge publishes its ports.`;
}

function unknownPortNotice(proxy: ServiceName, service: ServiceName): string {
  return `${proxy} is in front of ${service}, but nothing says on which port ${service} gets its requests, so they go to every release that answers to that name, and are not switched. Add it to ${service}: expose: ["3000"].`;
}

function traefikNotice(traefik: ServiceName, service: ServiceName, why: string): string {
  return `${traefik} finds ${service} by labels, but ${why}, so its requests are not switched. Change that, or set "edge: none".`;
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
