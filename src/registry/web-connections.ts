import * as http from 'node:http';
import * as https from 'node:https';
import { createSecureContext } from 'node:tls';
import { formatBytes } from '../model/bytes.ts';
import { messageOf } from '../model/errors.ts';
import { hostOfUrl, proxyFor } from '../run/proxy.ts';
import { ProxyAgent, ProxyError, requestProxy } from '../run/proxy-agent.ts';
import type { RegistryCertificates } from './certificates.ts';
import { RegistryError } from './registry-error.ts';

/** One request of HTTP. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Its complete answer, whatever the status. */
export interface RegistryAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** TLS was answered with something else: usually, the registry speaks plain HTTP. */
export class NoTlsError extends RegistryError {
  constructor(message: string, cause: unknown) {
    super({ kind: 'plain-http' }, message, cause);
  }
}

/** Milliseconds without a byte. */
const SILENCE = 30_000;
/** Bytes. Manifests have at most 4 MiB, and the config of an image is not much larger. */
const LONGEST_ANSWER = 32 * 1024 ** 2;
const REDIRECT_LIMIT = 10;

/** Codes of failures of the network that may soon be over. */
const TEMPORARY = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'],
  ...['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EHOSTDOWN'],
]);

/** Connections to registries and their token servers, which are kept and used again. */
export class WebConnections {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #certificates: (registry: string) => Promise<RegistryCertificates>;
  readonly #agents = new Map<string, Promise<http.Agent>>();

  constructor(
    environment: Readonly<Record<string, string>>,
    certificates: (registry: string) => Promise<RegistryCertificates>,
  ) {
    this.#environment = environment;
    this.#certificates = certificates;
  }

  /**
   * Sends a request and follows redirects. Another server that a redirect names gets no authorization: registries send readers of
   * blobs to a storage, which refuses it.
   * @throws RegistryError without an answer; NoTlsError
   */
  async send(start: URL, request: RegistryRequest): Promise<RegistryAnswer> {
    let url = start;
    for (let redirects = 0; ; redirects += 1) {
      const headers = url.origin === start.origin ? request.headers : withoutAuthorization(request.headers);
      const answer = await this.#sendOnce(url, { ...request, headers });
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer;
      if (redirects === REDIRECT_LIMIT)
        throw new RegistryError({ kind: 'failed' }, `it redirects more than ${REDIRECT_LIMIT} times`);
      url = new URL(location, url);
    }
  }

  async #sendOnce(url: URL, request: RegistryRequest): Promise<RegistryAnswer> {
    const proxy = proxyFor(url, this.#environment);
    const agent = await this.#agentFor(url, proxy);
    for (;;) {
      request.signal?.throwIfAborted();
      const sent = open(url, proxy, agent, request);
      try {
        return await receive(sent, request);
      } catch (error) {
        request.signal?.throwIfAborted();
        // A server may close an idle connection just as it is used again (RFC 9112, 9.3.1).
        if (sent.reusedSocket && codeOf(error) === 'ECONNRESET') continue;
        throw explain(error, url);
      }
    }
  }

  #agentFor(url: URL, proxy: URL | undefined): Promise<http.Agent> {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const made = this.#makeAgent(url, proxy);
    this.#agents.set(url.origin, made);
    made.catch(() => this.#agents.delete(url.origin));
    return made;
  }

  async #makeAgent(url: URL, proxy: URL | undefined): Promise<http.Agent> {
    if (url.protocol === 'http:') return new http.Agent({ keepAlive: true });
    const { ca, cert, key } = await this.#certificates(url.host);
    // Made once: reading the authorities of a system takes longer than a request.
    const secureContext = createSecureContext({
      // Without any on this machine, those that Node brings.
      ...(ca.length > 0 ? { ca: [...ca] } : {}),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
    const options: https.AgentOptions = { keepAlive: true, secureContext };
    return proxy === undefined ? new https.Agent(options) : new ProxyAgent(proxy, options);
  }
}

const withoutAuthorization = (headers: RegistryRequest['headers']): RegistryRequest['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));

function open(
  url: URL,
  proxy: URL | undefined,
  agent: http.Agent,
  { method, headers, body, signal }: RegistryRequest,
): http.ClientRequest {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const options = {
    method,
    headers: {
      'user-agent': 'sealift',
      ...headers,
      host: url.host,
      ...(content === undefined ? {} : { 'content-length': String(content.length) }),
    },
    timeout: SILENCE,
    ...(signal && { signal }),
  };
  const path = `${url.pathname}${url.search}`;
  const host = hostOfUrl(url);
  const sent =
    url.protocol === 'https:'
      ? https.request({ ...options, host, port: url.port || 443, path, agent })
      : proxy === undefined
        ? http.request({ ...options, host, port: url.port || 80, path, agent })
        : requestProxy(proxy, { ...options, path: `${url.origin}${path}` });
  sent.end(content);
  return sent;
}

function receive(sent: http.ClientRequest, { method }: RegistryRequest): Promise<RegistryAnswer> {
  return new Promise((resolve, reject) => {
    sent.once('timeout', () => sent.destroy(new SilenceError('no answer came for 30 seconds')));
    sent.on('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > LONGEST_ANSWER)
          sent.destroy(new Error(`its answer to ${method} is longer than ${formatBytes(LONGEST_ANSWER)}`));
      });
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
  });
}

class SilenceError extends Error {}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Of several addresses that were tried, the first failure says enough. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError && error.errors.length > 0
    ? messageOf(error.errors[0])
    : messageOf(error);
}

function explain(error: unknown, url: URL): Error {
  const code = codeOf(error);
  const reason = reasonOf(error);
  if (
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) ||
    /wrong version number/.test(reason)
  )
    return new NoTlsError(reason, error);
  if (TEMPORARY.has(code) || error instanceof ProxyError || error instanceof SilenceError)
    return new RegistryError({ kind: 'temporary' }, `${url.host}: ${reason}`, error);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(?:TLS|SSL)|^EPROTO$/.test(code);
  return new RegistryError({ kind: isTls ? 'unsupported' : 'failed' }, `${url.host}: ${reason}`, error);
}
