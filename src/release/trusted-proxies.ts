import type { ObservedHost } from '../model/host.ts';
import type { Release } from '../model/release.ts';
import type { TrustedProxies } from '../model/route.ts';

/** A release whose edge trusts these proxies. Pure. */
export function withTrustedProxies(release: Release, trustedProxies: TrustedProxies | undefined): Release {
  const { trustedProxies: _, ...others } = release;
  return trustedProxies === undefined ? others : { ...others, trustedProxies };
}

/**
 * The proxies that the edges of the accepted release trust: what stands in front of them does not change with a rollback. Pure.
 */
export function trustedProxiesOf(hosts: readonly ObservedHost[]): TrustedProxies | undefined {
  const accepted = hosts.flatMap((host) => host.releases.filter(({ id }) => id === host.accepted));
  return accepted.flatMap(({ record }) => record?.trustedProxies ?? [])[0];
}
