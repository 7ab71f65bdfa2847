import type { ComposeService } from '../../model/compose-config.ts';
import { asObject, asStrings, asText } from '../../model/json.ts';
import type { RouteProtocol, TcpProtocol } from '../../model/route.ts';
import { type Port, portsOf } from './service.ts';

/** Which protocol a port of a service speaks. */

/** What the edge speaks to containers, by the value of `app_protocol`; those of Kubernetes too (its `appProtocol`). */
const HTTP_PROTOCOLS: ReadonlyMap<string, 'http' | RouteProtocol> = new Map([
  ...['http', 'http1', 'http/1.1', 'ws', 'websocket', 'kubernetes.io/ws', 'grpc-web'].map(
    (name) => [name, 'http'] as const,
  ),
  ...['h2c', 'http2', 'http/2', 'kubernetes.io/h2c'].map((name) => [name, 'h2c'] as const),
  ['grpc', 'grpc'],
]);

/** Ports that IANA assigns to other protocols than HTTP, so that a database is not put behind a proxy by mistake. */
const NON_HTTP_PORTS: ReadonlyMap<number, string> = new Map([
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

/** Another protocol than HTTP to which a port belongs. */
export const nonHttpProtocol = (port: number): string | undefined => NON_HTTP_PORTS.get(port);

/** Values of `app_protocol` for TLS that the service ends itself. */
const TLS_PROTOCOLS = new Set(['https', 'tls', 'ssl', 'wss', 'kubernetes.io/wss', 'h2']);

/** Ports that are for HTTPS by convention: IANA's, and that of Tomcat and many others. */
const TLS_PORTS = new Set([443, 8443]);

/** The published ports of a service that the edge can publish, or the TCP edge beside it. */
export const portsThroughEdge = (service: ComposeService): readonly Port[] =>
  portsOf(service).filter((port) => whyNotThroughEdge(port, service) === undefined);

/** Those of them that count as HTTP. */
export const httpPortsOf = (service: ComposeService): readonly Port[] =>
  portsThroughEdge(service).filter((port) => streamProtocolOf(port, service) === undefined);

/** Those that are passed through. */
export const streamPortsOf = (service: ComposeService): readonly Port[] =>
  portsThroughEdge(service).filter((port) => streamProtocolOf(port, service) !== undefined);

/** Whether a service ends TLS itself on a port. Such a port is passed through: the edge could not speak to it, or read it. */
export function isTlsPort({ target, appProtocol }: Port, service: ComposeService): boolean {
  if (appProtocol !== undefined) return TLS_PROTOCOLS.has(withoutProxy(appProtocol));
  return TLS_PORTS.has(target) || portsAskedByHttps(service).has(target);
}

/** An address of the container itself. */
const OWN_HTTPS_URL =
  /https:\/\/(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\])(?::(?<port>\d{1,5}))?(?!\d)/gi;

/** The ports of the container that its HEALTHCHECK in the Compose file asks by HTTPS. */
function portsAskedByHttps(service: ComposeService): ReadonlySet<number> {
  const { test, disable } = asObject(service['healthcheck']);
  if (disable === true) return new Set();
  return httpsPortsIn(asText(test) ?? asStrings(test).join(' '));
}

/** The ports of the container itself that a command asks by HTTPS. */
export const httpsPortsIn = (command: string): ReadonlySet<number> =>
  new Set([...command.matchAll(OWN_HTTPS_URL)].map(({ groups }) => Number(groups?.['port'] ?? 443)));

/** At the end of an `app_protocol`: the app wants to hear of its visitor by the PROXY protocol. */
const PROXY_SUFFIX = '+proxy';

const withoutProxy = (appProtocol: string): string =>
  appProtocol.endsWith(PROXY_SUFFIX) ? appProtocol.slice(0, -PROXY_SUFFIX.length) : appProtocol;

export const wantsProxyProtocol = ({ appProtocol }: Port): boolean =>
  appProtocol?.endsWith(PROXY_SUFFIX) ?? false;

/** What a published TCP port speaks, if not HTTP/1.1. */
export function routeProtocolOf(port: Port, service: ComposeService): RouteProtocol | undefined {
  const stream = streamProtocolOf(port, service);
  if (stream !== undefined) return stream;
  const protocol = HTTP_PROTOCOLS.get(port.appProtocol ?? 'http');
  return protocol === 'http' ? undefined : protocol;
}

/** What a port speaks that is passed through, because it is not HTTP; `undefined`: it is HTTP. */
function streamProtocolOf(port: Port, service: ComposeService): TcpProtocol | undefined {
  if (isTlsPort(port, service)) return 'tls';
  const { appProtocol, target } = port;
  const isHttp = appProtocol === undefined ? !NON_HTTP_PORTS.has(target) : HTTP_PROTOCOLS.has(appProtocol);
  return isHttp ? undefined : 'tcp';
}

/** Why no edge can publish a port; `undefined` if one can. */
export function whyNotThroughEdge(port: Port, service: ComposeService): string | undefined {
  const { target, protocol, published } = port;
  if (protocol !== 'tcp') return `port ${target}/${protocol} is not TCP`;
  if (published?.includes('-')) return `port ${target} is published on a range (${published})`;
  return published === undefined && streamProtocolOf(port, service) !== undefined
    ? `port ${target} is published on any free port of the host`
    : undefined;
}

/** Why a port is passed through; `undefined` if it is not. */
export function whyStream(port: Port, service: ComposeService): string | undefined {
  const protocol = streamProtocolOf(port, service);
  const { target, appProtocol } = port;
  if (protocol === undefined || appProtocol !== undefined)
    return protocol && `port ${target} has app_protocol: ${appProtocol}`;
  return protocol === 'tls'
    ? `port ${target} speaks TLS`
    : `port ${target} is ${NON_HTTP_PORTS.get(target)}'s`;
}
