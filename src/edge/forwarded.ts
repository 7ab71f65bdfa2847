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

/**
 * A proxy of the Compose file stands where the visitor's connection ends, and the edge behind it takes the place of the app. So the
 * app gets its `X-Forwarded-For` as it is, without the address of the proxy: many apps count the proxies in it.
 */
const FORWARDED_FOR = 'X-Forwarded-For';

/** For the server that the proxy reaches: keeps the header on its way to the slot's server. Visitors can't set it. */
export const keepForwardedFor: CaddyJson = {
  match: [{ header_regexp: { [FORWARDED_FOR]: { pattern: '.' } } }],
  handle: [
    {
      handler: 'headers',
      request: { set: { [claimedHeader(FORWARDED_FOR)]: [headerPlaceholder(FORWARDED_FOR)] } },
    },
  ],
};

/** For the slot's server. */
export const returnForwardedFor: CaddyJson = {
  match: [{ header_regexp: { [claimedHeader(FORWARDED_FOR)]: { pattern: '.' } } }],
  handle: [
    {
      handler: 'headers',
      request: {
        set: { [FORWARDED_FOR]: [headerPlaceholder(claimedHeader(FORWARDED_FOR))] },
        delete: [claimedHeader(FORWARDED_FOR)],
      },
    },
  ],
};
