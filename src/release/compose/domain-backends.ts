import type { ComposeSource } from '../../model/deploy-options.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { wordsOf } from '../../model/json.ts';
import type { Project } from './classify-services.ts';
import { httpPortsOf } from './port-protocol.ts';
import type { Problems } from './problems.ts';
import { exposedPortsOf, networksOf, portsOf } from './service.ts';

export type Domains = ComposeSource['domains'];

/** A port of a service that a route points to. */
export interface Backend {
  readonly service: ServiceName;
  readonly port: number;
}

export const backendText = ({ service, port }: Backend): string => `${service}:${port}`;

/** A backend, and the domains that point to it. */
export interface DomainBackend extends Backend {
  readonly domains: readonly string[];
}

/** The backends that the input `domains` names. */
export function domainBackends(
  project: Project,
  domains: Domains,
  problems: Problems,
): readonly DomainBackend[] {
  const found = new Map<string, DomainBackend>();
  for (const [domain, target] of domains) {
    const backend =
      target === undefined
        ? onlyBackend(domain, project, undefined, problems)
        : namedBackend(domain, target, project, problems);
    if (backend === undefined) continue;
    const key = backendText(backend);
    found.set(key, { ...backend, domains: [...(found.get(key)?.domains ?? []), domain] });
  }
  return [...found.values()];
}

function namedBackend(
  domain: string,
  { service, port }: { readonly service: ServiceName; readonly port: number | undefined },
  project: Project,
  problems: Problems,
): Backend | undefined {
  if (!project.isReleased(service)) {
    const released = [...project.released.keys()].join(', ');
    const what = project.accessories.includes(service) ? 'an accessory' : 'not in the Compose file';
    problems.add(
      `domains: ${domain} points to ${service}, which is ${what}. Released services: ${released}.`,
    );
    return undefined;
  }
  if (networksOf(project.service(service)) === undefined) {
    const mode = wordsOf(project.service(service)['network_mode']);
    problems.add(
      `domains: ${domain} points to ${service}, which the edge can't reach: network_mode: ${mode}. Remove network_mode.`,
    );
    return undefined;
  }
  if (port === undefined) return onlyBackend(domain, project, service, problems);
  return { service, port: checkedPort(domain, service, port, project, problems) };
}

/**
 * The port that a domain names, if the service has it. If the Compose file gives the service other TCP ports, that is a
 * problem, and the first of those is used from there. If the file gives none, the image may listen on any port.
 */
function checkedPort(
  domain: string,
  name: ServiceName,
  port: number,
  project: Project,
  problems: Problems,
): number {
  const service = project.service(name);
  const published = portsOf(service).filter(({ protocol }) => protocol === 'tcp');
  const known = [...new Set([...published.map(({ target }) => target), ...exposedPortsOf(service)])];
  const [first] = known;
  if (first === undefined || known.includes(port)) return port;
  const lines = known.map((each) => `${domain}=${name}:${each}`).join(' or ');
  problems.add(
    `domains: ${domain} points to ${name}:${port}, but according to the Compose file ${name} listens on ${known.join(', ')}. Write ${lines}, or, if it listens on ${port} as well, add it to the service: expose: ["${port}"].`,
  );
  return first;
}

/** The only port that a domain can mean without naming one: an HTTP port, else one of `expose`. */
function onlyBackend(
  domain: string,
  project: Project,
  service: ServiceName | undefined,
  problems: Problems,
): Backend | undefined {
  const released = [...project.released.keys()];
  const reachable = (service === undefined ? released : [service]).filter(
    (name) => networksOf(project.service(name)) !== undefined,
  );
  const backendsOf = (portsIn: (name: ServiceName) => readonly number[]): readonly Backend[] =>
    reachable.flatMap((name) => [...new Set(portsIn(name))].map((port) => ({ service: name, port })));
  const published = backendsOf((name) => httpPortsOf(project.service(name)).map((port) => port.target));
  const choices =
    published.length > 0 ? published : backendsOf((name) => exposedPortsOf(project.service(name)));
  if (choices.length === 1) return choices[0];
  const subject = service === undefined ? 'the released services have' : `${service} has`;
  problems.add(
    choices.length === 0
      ? `domains: ${subject} no port that ${domain} could point to. Write ${domain}=${service ?? released[0] ?? 'service'}:port.`
      : `domains: ${subject} several ports that ${domain} could point to. Write ${choices.map((backend) => `${domain}=${backendText(backend)}`).join(' or ')}.`,
  );
  return undefined;
}
