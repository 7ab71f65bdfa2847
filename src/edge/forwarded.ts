import type { CaddyJson } from './caddy.ts';

/** Who the visitor is, where a proxy stands in front: whose word about it reaches the app. Pure. */

/** Headers by which proxies tell who the visitor is. Only those of trusted proxies reach an app. */
const FORWARDED_HEADERS = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Real-Ip',
  'Forwarded',
] as const;
/** Where the front keeps such a header of its visitor: the edge behind it knows whether it trusts that visitor. */
const claimedHeader = (name: string): string => `Sealift-Claimed-${name}`;
const claimedHeaders = FORWARDED_HEADERS.map(claimedHeader);
const headerPlaceholder = (name: string): string => `{http.request.header.${name}}`;

/** For the front: it trusts nobody, and keeps what its visitor claims. Must be before the proxy. */
export const keepClaims: CaddyJson = {
  handle: [
    {
      handler: 'headers',
      request: {
        set: Object.fromEntries(
          FORWARDED_HEADERS.map((name) => [claimedHeader(name), [headerPlaceholder(name)]]),
        ),
        delete: FORWARDED_HEADERS,
      },
    },
  ],
};

/**
 * For the edge's public servers: routes before the proxy that leave what a trusted proxy tells and remove what anybody else claims.
 * A request through the front is the front's word about its visitor; if that visitor is a trusted proxy, its own words count.
 */
export function forwardedRoutes(trusted: readonly string[]): readonly CaddyJson[] {
  const isTrusted = { vars: { trusted_proxy: ['true'] } };
  // The other end of a unix socket has no address.
  const isThroughFront = { vars: { '{http.request.remote}': ['@'] } };
  const told = (name: string): string =>
    name === 'X-Forwarded-For'
      ? `${headerPlaceholder(claimedHeader(name))}, {http.vars.client_ip}`
      : headerPlaceholder(claimedHeader(name));
  const restore = FORWARDED_HEADERS.map((name) => ({
    match: [
      {
        ...isThroughFront,
        client_ip: { ranges: trusted },
        header_regexp: { [claimedHeader(name)]: { pattern: '.' } },
      },
    ],
    handle: [{ handler: 'headers', request: { set: { [name]: [told(name)] } } }],
  }));
  return [
    {
      match: [{ not: [isTrusted] }],
      handle: [{ handler: 'headers', request: { delete: FORWARDED_HEADERS } }],
    },
    ...(trusted.length > 0 ? restore : []),
    { handle: [{ handler: 'headers', request: { delete: claimedHeaders } }] },
  ];
}

/** Settings of a server that trusts the proxies in these ranges. */
export const trustedProxyRanges = (ranges: readonly string[]): CaddyJson =>
  ranges.length === 0 ? {} : { trusted_proxies: { source: 'static', ranges } };

/**
 * Settings and a route of a slot's server, so that the app sees one address, the visitor's: the last one in `X-Forwarded-For` that
 * is not of a trusted proxy. What stands before it may be forged. If all are trusted, the list stays as it is.
 */
export const visitorAddress = (
  ranges: readonly string[],
): { settings: CaddyJson; routes: readonly CaddyJson[] } =>
  ranges.length === 0
    ? { settings: {}, routes: [] }
    : {
        settings: { ...trustedProxyRanges(ranges), trusted_proxies_strict: 1 },
        routes: [
          {
            match: [{ not: [{ vars: { client_ip: ['@'] } }] }],
            handle: [
              { handler: 'headers', request: { set: { 'X-Forwarded-For': ['{http.vars.client_ip}'] } } },
            ],
          },
        ],
      };
