import { ConfigurationError } from './errors.ts';
import type { ServiceName } from './identifiers.ts';
import { inputRef } from './input-ref.ts';

/** Replicas of a service that an edge can serve: its config has so many upstreams for each route and slot. */
export const MAX_SERVED_REPLICAS = 24;

/** Not HTTP, or not readable: passed through as it is. */
export type TcpProtocol = 'tcp' | 'tls';

/** HTTP/2 without TLS; the same for gRPC, which has a health check of its own; what is passed through. */
export type RouteProtocol = 'h2c' | 'grpc' | TcpProtocol;

/** What visitors reach: published ports and domains that point to one container port of one service. */
export interface Route {
  /** The name that the edge uses, after what visitors see: `8080`. Also a file name: only letters, digits, `-`, `_`, `.`. */
  readonly id: string;
  readonly service: ServiceName;
  readonly containerPort: number;
  readonly published: readonly PublishedPort[];
  readonly domains: readonly string[];
  /** What the edge speaks to the containers; left out: HTTP/1.1. */
  readonly protocol?: RouteProtocol;
  /** Whether a connection to a container begins with the PROXY protocol; only of a route that is passed through. */
  readonly sendProxy?: true;
  /** Where proxies of the same Compose file reach it; left out: none leads to it. */
  readonly upstream?: Upstream | undefined;
}

/** Whether a route is passed through by the TCP edge. */
export const isTcpRoute = <R extends Pick<Route, 'protocol'>>(
  route: R,
): route is R & { readonly protocol: TcpProtocol } => route.protocol === 'tcp' || route.protocol === 'tls';

/**
 * The edge in the place of a service, for proxies that the Compose file brings: on a network that it shares with them, it has the
 * names of the service and listens on a port of it.
 */
export interface Upstream {
  /** `upstream`, or `upstream-2`, … for services whose ports collide with those of others. */
  readonly network: string;
  readonly port: number;
  readonly names: readonly string[];
  /** By which Traefik finds the edge instead of the containers of the service; left out: none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface PublishedPort {
  /** The address of the host to listen on; `undefined` means all. */
  readonly address: string | undefined;
  readonly port: number;
}

/** Proxies in front of the edge, such as a balancer, whose statements about the visitor's address are trusted. */
export interface TrustedProxies {
  /** CIDR ranges of their addresses. */
  readonly ranges: readonly string[];
  /** They tell it by the PROXY protocol; otherwise by `X-Forwarded-` headers. */
  readonly proxyProtocol: boolean;
}

/** @throws ConfigurationError if the ports that would speak it are those of all apps of a host */
export function checkProxyProtocol(proxies: TrustedProxies | undefined, hasDomains: boolean): void {
  if (proxies?.proxyProtocol !== true || !hasDomains) return;
  throw new ConfigurationError(
    `proxy-protocol: not with "${inputRef('domains')}", since the ports 80 and 443 serve all apps of a host. Publish a port for the proxy in place of "${inputRef('domains')}", or let the proxy send X-Forwarded-For over HTTPS.`,
  );
}
