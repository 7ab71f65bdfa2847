import type { ServiceName } from '../../model/identifiers.ts';
import type { Release } from '../../model/release.ts';
import { isTlsPort } from './port-protocol.ts';
import { portsOf } from './service.ts';
import { isPublishedWithoutEdge } from './why-exclusive.ts';

/** A TCP port of a container that its service publishes itself, and what it speaks. */
export interface SelfPublishedPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'tls';
}

/**
 * The TCP ports that a service of a release publishes itself, because the edge can't. With `edge: none` there are none: then the
 * user's own proxy decides what reaches the service. Pure.
 */
export function selfPublishedPorts(
  { services, compose }: Pick<Release, 'services' | 'compose'>,
  name: ServiceName,
): readonly SelfPublishedPort[] {
  const { role, exclusiveReason } = services[name] ?? {};
  const service = compose.services[name];
  if (role !== 'exclusive' || service === undefined || isPublishedWithoutEdge(exclusiveReason)) return [];
  const ports = portsOf(service).filter(({ protocol }) => protocol === 'tcp');
  return [...new Map(ports.map((port) => [port.target, port])).values()].map((port) => ({
    port: port.target,
    protocol: isTlsPort(port, service) ? 'tls' : 'tcp',
  }));
}

/** Whether a release has such a port. Pure. */
export const publishesPortsItself = (release: Pick<Release, 'services' | 'compose'>): boolean =>
  Object.keys(release.services).some((name) => selfPublishedPorts(release, name).length > 0);
