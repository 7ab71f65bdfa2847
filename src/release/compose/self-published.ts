import type { ServiceName } from '../../model/identifiers.ts';
import type { Release } from '../../model/release.ts';
import type { RouteProtocol } from '../../model/route.ts';
import { routeProtocolOf } from './port-protocol.ts';
import { portsOf } from './service.ts';

/** A TCP port of a container that its service publishes itself, and what it speaks. */
export interface SelfPublishedPort {
  readonly port: number;
  /** `tcp`: something else. */
  readonly protocol: 'http' | 'tcp' | 'tls';
}

/** The TCP ports that a service of a release publishes itself, because the edge can't, or because there is none. Pure. */
export function selfPublishedPorts(
  { services, compose }: Pick<Release, 'services' | 'compose'>,
  name: ServiceName,
): readonly SelfPublishedPort[] {
  const { role } = services[name] ?? {};
  const service = compose.services[name];
  if (role !== 'exclusive' || service === undefined) return [];
  const ports = portsOf(service).filter(({ protocol }) => protocol === 'tcp');
  return [...new Map(ports.map((port) => [port.target, port])).values()].map((port) => ({
    port: port.target,
    protocol: spokenBy(routeProtocolOf(port, service)),
  }));
}

/** HTTP/2 without TLS is not spoken to. */
function spokenBy(protocol: RouteProtocol | undefined): SelfPublishedPort['protocol'] {
  if (protocol === undefined) return 'http';
  return protocol === 'tls' ? 'tls' : 'tcp';
}

/** Whether a release has such a port. Pure. */
export const publishesPortsItself = (release: Pick<Release, 'services' | 'compose'>): boolean =>
  Object.keys(release.services).some((name) => selfPublishedPorts(release, name).length > 0);
