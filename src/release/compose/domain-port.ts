import type { ServiceName } from '../../model/release.ts';
import type { Project } from './classify-services.ts';
import { exposedPortsOf, portsOf } from './service.ts';

/**
 * A domain that leads to a port of a service, when the Compose file says which TCP ports that has and this is none of them:
 * what is wrong, and the port that is most likely meant. Where the file says nothing, the image may listen where it likes. Pure.
 */
export function checkDomainPort(
  domain: string,
  name: ServiceName,
  port: number,
  project: Project,
): { readonly problem: string; readonly instead: number } | undefined {
  const service = project.service(name);
  const published = portsOf(service).filter(({ protocol }) => protocol === 'tcp');
  const [first, ...others] = new Set([...published.map(({ target }) => target), ...exposedPortsOf(service)]);
  const known = first === undefined ? [] : [first, ...others];
  if (first === undefined || known.includes(port)) return undefined;
  const better = known.map((each) => `${domain}=${name}:${each}`).join(' or ');
  return {
    problem: `domains: ${domain} leads to ${name}:${port}, and by the Compose file ${name} listens on ${known.join(', ')}. Write ${better}, or, if it listens on ${port} as well, add it to the service: expose: ["${port}"].`,
    instead: first,
  };
}
