import { isOnAllAddresses, portsOverlap } from '../../model/published-port.ts';
import type { PublishedPort, Route } from '../../model/route.ts';
import type { Project } from './classify-services.ts';
import type { Domains } from './domain-backends.ts';
import type { Problems } from './problems.ts';
import { type Port, portsOf } from './service.ts';

/** Whether a published port belongs to the host's front, which has 80 and 443 if there are domains. */
export function isFrontPort(
  address: string | undefined,
  published: number | string,
  domains: Domains,
): boolean {
  return domains.size > 0 && isOnAllAddresses(address) && ['80', '443'].includes(String(published));
}

interface PortClaim extends PublishedPort {
  readonly owner: string;
}

/** A port of the host can be published once: by a route, by an accessory, by a service that keeps its ports, by the front. */
export function checkPortConflicts(
  routes: readonly Route[],
  project: Project,
  domains: Domains,
  problems: Problems,
): void {
  const routed = routes.flatMap(({ service, containerPort, published }) =>
    published.map((port): PortClaim => ({ ...port, owner: `${service}:${containerPort}` })),
  );
  const served = new Set(
    routes.filter(({ published }) => published.length > 0).map(({ service }) => service),
  );
  const isOthers =
    (name: string) =>
    (port: Port): boolean =>
      port.protocol === 'tcp' &&
      /^\d+$/.test(port.published ?? '') &&
      !(project.isReleased(name) && isFrontPort(port.address, port.published ?? '', domains));
  const others = Object.entries(project.config.services)
    .filter(([name, service]) => !served.has(name) && service['network_mode'] !== 'host')
    .flatMap(([name, service]) =>
      portsOf(service)
        .filter(isOthers(name))
        .map((port): PortClaim => ({ address: port.address, port: Number(port.published), owner: name })),
    );
  const front = (domains.size === 0 ? [] : [80, 443]).map(
    (port): PortClaim => ({ address: undefined, port, owner: 'the front for domains' }),
  );
  const claims = [...front, ...routed, ...others];
  for (const [index, one] of claims.entries()) {
    const other = claims.slice(0, index).find((each) => each.owner !== one.owner && portsOverlap(each, one));
    if (other !== undefined) {
      problems.add(
        `compose-file: port ${one.port} of the host is claimed by ${other.owner} and by ${one.owner}. Publish one of them on another port.`,
      );
    }
  }
}
