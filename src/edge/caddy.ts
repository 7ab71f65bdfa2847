/** Pieces of Caddy's JSON config (caddyserver.com/docs/json) that the edge and the front share. Pure. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export interface CaddyJson {
  readonly [key: string]: Json;
}

/** Only the container itself can ask Caddy's API; nothing it might change is kept. */
export const ADMIN = '127.0.0.1:2019';
export const admin: CaddyJson = { listen: ADMIN, config: { persist: false } };

/** No server of ours gets certificates or redirects that were not asked for. */
export const noAutomaticHttps: CaddyJson = { disable: true };

/**
 * What every server of ours that proxies has. Clients that come by unix socket are proxies of ours, so what they say of the
 * visitor is believed; those that come by TCP are not.
 *
 * `enable_full_duplex`: an app may answer a POST before it has read the body. Go's server would then read the rest of the
 * body away from the proxy that is still passing it on, which breaks off the answer (measured: 3 of 24,000 requests).
 */
export const hop: CaddyJson = {
  trusted_proxies_unix: true,
  enable_full_duplex: true,
  automatic_https: noAutomaticHttps,
};

export function text(
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

interface Proxy {
  readonly to: readonly string[];
  readonly transport?: CaddyJson;
  readonly retries?: CaddyJson;
  readonly headers?: CaddyJson;
}

/**
 * A proxy that lets everything through as it comes: nothing buffered, compressed or limited, upgraded connections left
 * alone for as long as they last.
 */
export function proxy({ to, transport, retries, headers }: Proxy): CaddyJson {
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

/** The hops inside Sealift shall look like one proxy: nginx, for one, doesn't compress what was asked with `Via`. */
export const once: CaddyJson = { request: { delete: ['Via'] }, response: { delete: ['Via'] } };
