import * as http from 'node:http';
import * as https from 'node:https';
import { createSecureContext } from 'node:tls';
import { hostOfUrl, proxyFor } from '../run/proxy.ts';
import { ProxyAgent, requestProxy } from '../run/proxy-agent.ts';
import type { RegistryCertificates } from './certificates.ts';
import { errorCodeOf, networkError } from './network-failures.ts';
import { RegistryError } from './registry-error.ts';
import {
  type Receive,
  type RegistryAnswer,
  type RegistryRequest,
  receiveAnswer,
  receiveStreamedAnswer,
  type StreamedAnswer,
} from './web-answer.ts';

/** Milliseconds without a byte. */
const SILENCE = 30_000;
/** Milliseconds for a whole answer that is kept in memory: one that drips is never silent for long. */
const ANSWER_LIMIT = 5 * 60_000;
const REDIRECT_LIMIT = 10;

/** Connections to registries and their token servers, which are kept and used again. */
export class WebConnections {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #certificates: (registry: string) => Promise<RegistryCertificates>;
  readonly #answerLimit: number;
  readonly #agents = new Map<string, Promise<http.Agent>>();

  /** @param answerLimit replaced in tests */
  constructor(
    environment: Readonly<Record<string, string>>,
    certificates: (registry: string) => Promise<RegistryCertificates>,
    answerLimit = ANSWER_LIMIT,
  ) {
    this.#environment = environment;
    this.#certificates = certificates;
    this.#answerLimit = answerLimit;
  }

  /**
   * Sends a request and follows redirects. Another server that a redirect names gets no authorization: registries send readers of
   * blobs to a storage, which refuses it.
   * @throws RegistryError without an answer; NoTlsError
   */
  send(start: URL, request: RegistryRequest): Promise<RegistryAnswer> {
    return this.#follow(start, request, receiveAnswer);
  }

  /** The same for an answer of any length. */
  sendStreamed(start: URL, request: RegistryRequest): Promise<StreamedAnswer> {
    return this.#follow(start, request, receiveStreamedAnswer);
  }

  async #follow<Answer extends RegistryAnswer>(
    start: URL,
    request: RegistryRequest,
    read: Receive<Answer>,
  ): Promise<Answer> {
    let url = start;
    for (let redirects = 0; ; redirects += 1) {
      const headers = url.origin === start.origin ? request.headers : withoutAuthorization(request.headers);
      const answer = await this.#sendOnce(url, { ...request, headers }, read);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer;
      if (redirects === REDIRECT_LIMIT)
        throw new RegistryError({ kind: 'failed' }, `it redirects more than ${REDIRECT_LIMIT} times`);
      url = new URL(location, url);
    }
  }

  async #sendOnce<Answer>(url: URL, request: RegistryRequest, read: Receive<Answer>): Promise<Answer> {
    const proxy = proxyFor(url, this.#environment);
    const agent = await this.#agentFor(url, proxy);
    for (;;) {
      request.signal?.throwIfAborted();
      const sent = open(url, proxy, agent, request);
      try {
        return await read(sent, request, { url, limit: this.#answerLimit });
      } catch (error) {
        request.signal?.throwIfAborted();
        // A server may close an idle connection just as it is used again (RFC 9112, 9.3.1).
        if (sent.reusedSocket && errorCodeOf(error) === 'ECONNRESET') continue;
        throw networkError(error, url);
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
