import * as http from 'node:http';
import * as https from 'node:https';
import { type Duplex, PassThrough } from 'node:stream';
import { hostOfUrl, proxyHeaders, proxyName } from './proxy.ts';

/** Milliseconds for a proxy to open a connection. */
const CONNECT_TIMEOUT = 15_000;

/** A proxy that can't be reached, or that refuses to connect to a host. */
export class ProxyError extends Error {}

/** An agent for HTTPS through a proxy: each connection begins with a CONNECT (RFC 9110, 9.3.6), and then speaks TLS with the host. */
export class ProxyAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: https.AgentOptions = {}) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const target = `${withBrackets(options.host ?? 'localhost')}:${options.port ?? 443}`;
    openTunnel(this.#proxy, target).then(
      (socket) => {
        const tunnelled = { ...options, socket };
        const stream = super.createConnection(tunnelled);
        if (stream) callback?.(null, stream);
      },
      // With an error, nobody looks at the stream.
      (error: Error) => callback?.(error, new PassThrough()),
    );
  }
}

const withBrackets = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function openTunnel(proxy: URL, target: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new ProxyError(`the proxy ${proxyName(proxy)} ${reason}`));
    const request = requestProxy(proxy, {
      method: 'CONNECT',
      path: target,
      headers: { host: target },
      timeout: CONNECT_TIMEOUT,
    });
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      fail(`answered ${statusCode} when it was to connect to ${target}`);
    });
    request.once('response', ({ statusCode }) => {
      request.destroy();
      fail(`answered ${statusCode} when it was to connect to ${target}`);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      fail(`can't be reached: ${code ?? message}`),
    );
    request.end();
  });
}

/** A request to the proxy itself. A path that is a whole URL is for the proxy to fetch. */
export function requestProxy(proxy: URL, options: http.RequestOptions): http.ClientRequest {
  const open = proxy.protocol === 'https:' ? https.request : http.request;
  return open({
    ...options,
    host: hostOfUrl(proxy),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    agent: false,
    headers: { ...options.headers, ...proxyHeaders(proxy) },
  });
}
