import { isIPv6 } from 'node:net';
import type { HostAddress } from '../model/host-address.ts';
import type { Release } from '../model/release.ts';
import type { PublishedPort } from '../model/route.ts';

/**
 * The URL by which people reach a release: its first domain, or else its first port on the first host. `undefined` if it has neither,
 * or if only the host itself reaches the port. Pure.
 */
export function releaseUrl(
  { routes }: Pick<Release, 'routes'>,
  hosts: readonly HostAddress[],
): string | undefined {
  const domain = routes.flatMap(({ domains }) => domains)[0];
  if (domain !== undefined) return `https://${domain}`;
  const port = routes.flatMap(({ published }) => published).find((each) => !isLoopback(each));
  if (port === undefined) return undefined;
  const hostname = isEveryAddress(port) ? publicHostname(hosts[0]) : port.address;
  if (hostname === undefined) return undefined;
  return new URL(`http://${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port.port}`).origin;
}

const publicHostname = (host: HostAddress | undefined): string | undefined =>
  host === undefined || host.kind === 'unix' ? undefined : host.hostname;

const isEveryAddress = ({ address }: PublishedPort): boolean =>
  address === undefined || address === '0.0.0.0' || address === '::';

const isLoopback = ({ address = '' }: PublishedPort): boolean => /^127\.|^::1$|^localhost$/.test(address);
