import type { PublishedPort } from './route.ts';

/** Whether a port is published on all addresses of the host. */
export function isOnAllAddresses(address: string | undefined): boolean {
  return address === undefined || address === '0.0.0.0' || address === '::';
}

/** Whether two can't be published at the same time. */
export function portsOverlap(one: PublishedPort, other: PublishedPort): boolean {
  return (
    one.port === other.port &&
    (isOnAllAddresses(one.address) || isOnAllAddresses(other.address) || one.address === other.address)
  );
}
