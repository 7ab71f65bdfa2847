/** Pieces of Caddy's JSON config (caddyserver.com/docs/json) that the edge and the front share. Pure. */

export type CaddyValue =
  | string
  | number
  | boolean
  | null
  | readonly CaddyValue[]
  | { readonly [key: string]: CaddyValue };
export interface CaddyJson {
  readonly [key: string]: CaddyValue;
}

/** Only the container itself can ask Caddy's API; nothing it might change is kept. */
export const ADMIN_ADDRESS = '127.0.0.1:2019';
export const adminConfig: CaddyJson = { listen: ADMIN_ADDRESS, config: { persist: false } };

/** No server of ours gets certificates or redirects that were not asked for. */
export const noAutomaticHttps: CaddyJson = { disable: true };

/**
 * What every server of ours that proxies has. Clients that come by unix socket are proxies of ours, so what they say of the
 * visitor is believed; those that come by TCP are not. `enable_full_duplex` stays off: with it, what is left of a body that an
 * app did not wait for is taken for the connection's next request (tried with Caddy 2.11.4).
 */
export const proxyServer: CaddyJson = { trusted_proxies_unix: true, automatic_https: noAutomaticHttps };

export function textResponse(
  status: number | string,
  body: string,
  headers: Readonly<Record<string, readonly string[]>> = {},
): CaddyJson {
  return {
    handler: 'static_response',
    status_code: status,
    headers: { 'Content-Type': ['text/plain; charset=utf-8'], ...headers },
    body: `${body}\n`,
  };
}

interface ReverseProxyOptions {
  readonly to: readonly string[];
  readonly transport?: CaddyJson;
  readonly retries?: CaddyJson;
  readonly headers?: CaddyJson;
}

/**
 * A proxy that lets everything through as it comes: nothing buffered, compressed or limited, upgraded connections left alone
 * for as long as they last.
 */
export function reverseProxy({ to, transport, retries, headers }: ReverseProxyOptions): CaddyJson {
  return {
    handler: 'reverse_proxy',
    upstreams: to.map((dial) => ({ dial })),
    transport: { protocol: 'http', compression: false, ...transport },
    ...(retries === undefined ? {} : { load_balancing: retries }),
    ...(headers === undefined ? {} : { headers }),
    flush_interval: -1,
    // Only a reload would close them, and nothing here is ever reloaded; but a person may do so by hand.
    stream_close_delay: '1h',
  };
}

/**
 * Reads a small body whole before it is passed on; belongs before every proxy. Caddy's proxy looks for more behind the last
 * byte of a body that it has passed on. If the answer comes before it has looked, Go's server has closed the body, the look
 * fails and the answer is broken off: about 1 of 10,000 POSTs on a busy machine. A body in memory can't be closed. What reads
 * it is the placeholder, which leaves a copy in the request's place.
 */
export const bufferSmallBody: CaddyJson = {
  match: [{ header_regexp: { 'Content-Length': { pattern: '^[0-9]{1,5}$' } } }],
  handle: [{ handler: 'vars', body: '{http.request.body}' }],
};

/** The hops inside Sealift shall look like one proxy: nginx, for one, doesn't compress what was asked with `Via`. */
export const removeViaHeaders: CaddyJson = { request: { delete: ['Via'] }, response: { delete: ['Via'] } };
