import type { ClientRequest, IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { collect } from './collect.ts';
import { hostOfUrl, proxyFor } from './proxy.ts';
import { ProxyAgent, requestProxy } from './proxy-agent.ts';

interface RequestHead {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A body may hold a token, so it is sent to the given address only: its redirects are answers. */
export type WebRequest = RequestHead &
  (
    | {
        readonly method?: 'GET' | 'HEAD';
        readonly body?: never;
        /** What becomes of a redirect. */
        readonly redirect: 'follow' | 'manual';
      }
    | { readonly method: 'POST'; readonly body: string; readonly redirect: 'manual' }
  );

export interface WebAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** Bytes of an answer that are read, so that an endless one takes no memory. */
const MOST_BYTES_OF_ANSWER = 64_000_000;

const bytesOf = async (body: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<Buffer> =>
  (await collect(body, MOST_BYTES_OF_ANSWER)).body;

/** As many as `fetch` follows. */
const MOST_REDIRECTS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Requests a URL from the runner, through its proxies: `fetch` does not know them before Node 24.5, and later only if a variable
 * says so.
 * @throws as `fetch` does; ProxyError for a proxy that can't be reached or refuses
 */
export async function requestWeb(address: string, request: WebRequest): Promise<WebAnswer> {
  let url = new URL(address);
  for (let redirects = 0; ; redirects += 1) {
    const proxy = proxyFor(url);
    const answer = proxy === undefined ? await fetchOnce(url, request) : await requestBy(proxy, url, request);
    const location = answer.headers.get('location');
    if (request.redirect === 'manual' || !REDIRECTS.includes(answer.status) || location === null)
      return answer;
    if (redirects === MOST_REDIRECTS) throw new Error(`more than ${MOST_REDIRECTS} redirects`);
    url = new URL(location, url);
  }
}

async function fetchOnce(url: URL, { method, headers, body, signal }: WebRequest): Promise<WebAnswer> {
  const response = await fetch(url, {
    ...{ ...(method && { method }), ...(body === undefined ? {} : { body }) },
    ...{ headers, signal, redirect: 'manual' },
  });
  return answerOf(response.status, response.headers, await bytesOf(response.body ?? []));
}

/** `http` is asked of the proxy, and `https` of the host behind a connection that the proxy opens, as curl does. */
async function requestBy(
  proxy: URL,
  url: URL,
  { method = 'GET', headers, body, signal }: WebRequest,
): Promise<WebAnswer> {
  signal.throwIfAborted();
  const common = { method, headers: { ...headers, host: url.host }, signal };
  const path = `${url.pathname}${url.search}`;
  const request =
    url.protocol === 'https:'
      ? https.request({
          ...common,
          ...{ host: hostOfUrl(url), port: url.port || 443, path },
          agent: new ProxyAgent(proxy),
        })
      : requestProxy(proxy, { ...common, path: `${url.origin}${path}` });
  return await readAnswer(request, body, signal);
}

function readAnswer(
  request: ClientRequest,
  body: string | undefined,
  signal: AbortSignal,
): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    // The reason of the signal says more than the error of the request that it ended.
    const fail = (error: Error): void => reject(signal.aborted ? signal.reason : error);
    request.once('error', fail);
    request.once('response', (response: IncomingMessage) => {
      const { statusCode: status = 0, headers } = response;
      const entries = Object.entries(headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      );
      bytesOf(response).then((bytes) => resolve(answerOf(status, new Headers(entries), bytes)), fail);
    });
    request.end(body);
  });
}

/** As `fetch` reads text: without a byte order mark. */
const answerOf = (status: number, headers: Headers, bytes: Buffer): WebAnswer => ({
  ...{ status, headers, bytes },
  body: new TextDecoder().decode(bytes),
});
