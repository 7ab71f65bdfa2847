import type { ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asList, asObject, asStrings, asText, unescapeDollars, wordsOf } from '../../model/json.ts';
import { isProxyByName } from '../../model/proxy-names.ts';
import type { Project } from './classify-services.ts';
import { volumeFilesOf } from './file-volumes.ts';
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

/** What a proxy leads to: ports by released service, and what is not HTTP. */
export interface Leads {
  readonly ports: Map<ServiceName, Set<number>>;
  readonly notices: string[];
}

/** What an accessory says of the released services that it leads to. Pure. */
export function leadsOf(project: Project, name: ServiceName, contents: FileContents): Leads {
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
  if (!isNamed && isProxyByName(name, asText(service['image']) ?? '')) addDependencies(project, name, leads);
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
export function namesOf(project: Project, name: ServiceName): readonly string[] {
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

/** What an accessory is told: its configs, mounted files, command, entrypoint and variables. */
export function textsOf(project: Project, name: ServiceName, contents: FileContents): readonly string[] {
  const service = project.service(name);
  const files = asList(service['configs'])
    .map(fileObjectName)
    .map(
      (config) =>
        contents.get(`config:${config}`) ??
        unescapeDollars(asText(asObject(project.config.configs?.[config])['content']) ?? ''),
    );
  const mounted = mountsOf(service).flatMap(({ source = '' }) =>
    volumeFilesOf(project.config.volumes?.[source]).map(({ content }) => content),
  );
  const argv = ['command', 'entrypoint'].map((key) =>
    unescapeDollars(asText(service[key]) ?? asStrings(service[key]).join('\n')),
  );
  const variables = Object.entries(asObject(service['environment'])).map(
    ([variable, value]) => `${variable}=${unescapeDollars(wordsOf(value ?? ''))}`,
  );
  return [...files, ...mounted, ...argv, ...variables].filter((text) => text !== '');
}

function notSwitchedNotice(proxy: ServiceName, service: ServiceName, protocol: string): string {
  return `${proxy} leads to ${service} by ${protocol}, which the edge can't switch: its requests go to every release that answers to that name, and fail while it keeps the address of an old one. Give ${proxy} a build: too, so that each release has its own, and the edge publishes its ports.`;
}

function unknownPortNotice(proxy: ServiceName, service: ServiceName): string {
  return `${proxy} is in front of ${service}, but nothing says on which port ${service} gets its requests, so they go to every release that answers to that name, and are not switched. Add it to ${service}: expose: ["3000"].`;
}
