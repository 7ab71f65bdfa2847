import type { ComposeService, ServiceName } from '../../model/release.ts';
import type { EdgeKind } from '../../model/request.ts';
import { object, text } from './data.ts';
import { namedService, type Port, portsOf } from './service.ts';
import { stopsWhole } from './update.ts';

/** Values of `app_protocol` for which the edge, which speaks HTTP/1.1 to containers, can stand in front. */
const HTTP = new Set(['http', 'http1', 'http/1.1', 'ws', 'websocket']);

/** Ports that IANA gives to something that isn't HTTP, so that a database is not put behind a proxy by mistake. */
const NOT_HTTP: ReadonlyMap<number, string> = new Map([
  [22, 'SSH'],
  [25, 'SMTP'],
  [143, 'IMAP'],
  [465, 'SMTP'],
  [587, 'SMTP'],
  [993, 'IMAP'],
  [1433, 'SQL Server'],
  [1521, 'Oracle'],
  [1883, 'MQTT'],
  [3306, 'MySQL'],
  [5432, 'PostgreSQL'],
  [5672, 'AMQP'],
  [6379, 'Redis'],
  [9042, 'Cassandra'],
  [9092, 'Kafka'],
  [11211, 'memcached'],
  [27017, 'MongoDB'],
]);

/** Whether the edge can own a port: TCP that counts as HTTP. */
export function isHttp(port: Port): boolean {
  return whyNotHttp(port) === undefined;
}

/** Without an edge a port is the service's own, and two can't have it; any free one of the host each can. */
function whyOwn(port: Port): string | undefined {
  return port.published === undefined
    ? undefined
    : `with edge: none it publishes port ${port.published} itself`;
}

function whyNotHttp(port: Port): string | undefined {
  if (port.protocol !== 'tcp') return `port ${port.target}/${port.protocol} is not HTTP`;
  if (port.published?.includes('-')) return `port ${port.target} is published on a range (${port.published})`;
  if (port.appProtocol !== undefined) {
    return HTTP.has(port.appProtocol)
      ? undefined
      : `port ${port.target} has app_protocol: ${port.appProtocol}`;
  }
  const known = NOT_HTTP.get(port.target);
  return known === undefined
    ? undefined
    : `port ${port.target} is ${known}'s (if it speaks HTTP, say app_protocol: http)`;
}

/** Why two of a service can't stand side by side; `undefined` when they can. Source: the Compose specification. */
export function whyExclusive(
  service: ComposeService,
  isReleased: (name: ServiceName) => boolean,
  edge: EdgeKind = 'caddy',
): string | undefined {
  const reasons: readonly (string | undefined)[] = [
    containerName(service),
    ...['network_mode', 'pid', 'ipc', 'uts'].map((key) => shared(service, key, isReleased)),
    bridge(service),
    labelled('mac_address', text(service['mac_address'])),
    fixedAddress(service),
    stopFirst(service),
    ...portsOf(service).map(edge === 'none' ? whyOwn : whyNotHttp),
  ];
  return reasons.find((reason) => reason !== undefined);
}

function labelled(key: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${key}: ${value}`;
}

function stopFirst(service: ComposeService): string | undefined {
  return stopsWhole(service) ? 'deploy.update_config.order: stop-first' : undefined;
}

function containerName(service: ComposeService): string | undefined {
  return labelled('container_name', text(service['container_name']));
}

/** A namespace of the host or of a container outside the release. One of the release's own service is its release's. */
function shared(
  service: ComposeService,
  key: string,
  isReleased: (name: ServiceName) => boolean,
): string | undefined {
  const mode = text(service[key]);
  const other = namedService(mode);
  const outside =
    other === undefined ? mode === 'host' || mode?.startsWith('container:') : !isReleased(other);
  return outside === true ? `${key}: ${mode}` : undefined;
}

/** On Docker's default bridge containers have no names, so the edge can't reach one there. */
function bridge(service: ComposeService): string | undefined {
  return text(service['network_mode']) === 'bridge' && portsOf(service).length > 0
    ? 'network_mode: bridge'
    : undefined;
}

function fixedAddress(service: ComposeService): string | undefined {
  for (const [network, options] of Object.entries(object(service['networks']))) {
    for (const key of ['ipv4_address', 'ipv6_address', 'mac_address']) {
      const address = text(object(options)[key]);
      if (address !== undefined) return `${key}: ${address} on network ${network}`;
    }
  }
  return undefined;
}
