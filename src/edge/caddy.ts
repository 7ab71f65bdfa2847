/** Parts of Caddy's JSON config (caddyserver.com/docs/json) that the edge and the front share. Pure. */

export type CaddyValue = string | number | boolean | null | readonly CaddyValue[] | CaddyJson;
export interface CaddyJson {
  readonly [key: string]: CaddyValue;
}

/** Caddy's API is only reachable inside the container, and what it changes does not persist. */
export const ADMIN_ADDRESS = '127.0.0.1:2019';
export const adminConfig: CaddyJson = { listen: ADMIN_ADDRESS, config: { persist: false } };

/** No server gets certificates or redirects that this config does not ask for. */
export const noAutomaticHttps: CaddyJson = { disable: true };

/**
 * Settings of every server that proxies. A client on a unix socket is one of Sealift's own proxies, so its X-Forwarded headers
 * are trusted; those of a TCP client are not. `enable_full_duplex` stays off: with it, the rest of a body that an app did not
 * wait for is read as the next request of the connection (tried with Caddy 2.11.4).
 */
export const proxyServer: CaddyJson = { trusted_proxies_unix: true, automatic_https: noAutomaticHttps };

/** For a proxy that speaks HTTP/2 without TLS: to apps that speak nothing else, and to Sealift's own servers in front of them. */
export const http2WithoutTls: CaddyJson = { versions: ['h2c', '2'] };

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

/** Routes that answer everything with a text: a server's `errors`, for instance. */
export const textRoutes = (status: number | string, body: string): CaddyJson => ({
  routes: [{ handle: [textResponse(status, body)] }],
});

/**
 * A transparent proxy: it buffers, compresses and limits nothing, and never closes an upgraded connection. It removes `Via`:
 * nginx, for example, does not compress a response to a request with `Via`.
 *
 * @param transport with connections that are kept or not
 * @param retries when and how often a failed request is sent again; default: never
 */
export function reverseProxy(to: readonly string[], transport: CaddyJson, retries?: CaddyJson): CaddyJson {
  return {
    handler: 'reverse_proxy',
    upstreams: to.map((dial) => ({ dial })),
    transport: { protocol: 'http', compression: false, ...transport },
    ...(retries === undefined ? {} : { load_balancing: retries }),
    headers: { request: { delete: ['Via'] }, response: { delete: ['Via'] } },
    flush_interval: -1,
    // Only a reload closes streams. Sealift never reloads, but a person may.
    stream_close_delay: '1h',
  };
}

/**
 * Reads a small body completely before it is forwarded; must be before every proxy. After the last byte of a body, Caddy's proxy
 * reads once more. If the answer has come by then, Go's server has closed the body, the read fails and the answer is cut off:
 * about 1 of 10,000 POSTs on a busy machine. A body in memory can't be closed. The placeholder reads the body, and leaves a copy
 * in the request.
 */
export const bufferSmallBody: CaddyJson = {
  match: [{ header_regexp: { 'Content-Length': { pattern: '^[0-9]{1,5}$' } } }],
  handle: [{ handler: 'vars', body: '{http.request.body}' }],
};

/**
 * Retries of a request for which no connection could be made: nothing was sent, so any request can be tried again. A request that
 * was sent is never sent again: by default, Caddy repeats a GET after any failure; `not nothing` matches no request.
 */
export const retryUnsent: CaddyJson = {
  try_duration: '5s',
  try_interval: '50ms',
  retry_match: [{ not: [{}] }],
};
