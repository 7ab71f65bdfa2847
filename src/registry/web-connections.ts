import * as http from 'node:http';
import * as https from 'node:https';
import { createSecureContext } from 'node:tls';
import { formatBytes } from '../model/bytes.ts';
import { formatDuration } from '../model/duration.ts';
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

/** An answer that may be longer than what fits into memory. */
export interface StreamedAnswer extends RegistryAnswer {
  /** What is read while it comes, from an answer below status 400, whose `body` is empty. Reading it may end with a RegistryError. */
  readonly content: AsyncIterable<Buffer> | undefined;
}

/** TLS was answered with something else: usually, the registry speaks plain HTTP. */
export class NoTlsError extends RegistryError {
  constructor(message: string, cause: unknown) {
    super({ kind: 'plain-http' }, message, cause);
  }
}

/** Milliseconds without a byte. */
const SILENCE = 30_000;
/** Milliseconds for a whole answer that is kept in memory: one that drips is never silent for long. */
const ANSWER_LIMIT = 5 * 60_000;
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
    return this.#follow(start, request, receive);
  }

  /** The same for an answer of any length. */
  sendStreamed(start: URL, request: RegistryRequest): Promise<StreamedAnswer> {
    return this.#follow(start, request, receiveStream);
  }

  async #follow<Answer extends RegistryAnswer>(
    start: URL,
    request: RegistryRequest,
    receiveAnswer: Receive<Answer>,
  ): Promise<Answer> {
    let url = start;
    for (let redirects = 0; ; redirects += 1) {
      const headers = url.origin === start.origin ? request.headers : withoutAuthorization(request.headers);
      const answer = await this.#sendOnce(url, { ...request, headers }, receiveAnswer);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer;
      if (redirects === REDIRECT_LIMIT)
        throw new RegistryError({ kind: 'failed' }, `it redirects more than ${REDIRECT_LIMIT} times`);
      url = new URL(location, url);
    }
  }

  async #sendOnce<Answer>(
    url: URL,
    request: RegistryRequest,
    receiveAnswer: Receive<Answer>,
  ): Promise<Answer> {
    const proxy = proxyFor(url, this.#environment);
    const agent = await this.#agentFor(url, proxy);
    for (;;) {
      request.signal?.throwIfAborted();
      const sent = open(url, proxy, agent, request);
      try {
        return await receiveAnswer(sent, request, { url, limit: this.#answerLimit });
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

/** Reads the answer to a request that was sent. */
type Receive<Answer> = (
  sent: http.ClientRequest,
  request: RegistryRequest,
  from: { readonly url: URL; readonly limit: number },
) => Promise<Answer>;

function receiveHead(sent: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    let response: http.IncomingMessage | undefined;
    sent.once('timeout', () => {
      const silence = new SilenceError('no answer came for 30 seconds');
      // By the request alone, whoever reads the body would only hear that it was aborted.
      response?.destroy(silence);
      sent.destroy(silence);
    });
    sent.on('error', reject);
    sent.once('response', (begun) => {
      response = begun;
      resolve(begun);
    });
  });
}

const receive: Receive<RegistryAnswer> = async (sent, request, { limit }) =>
  await complete(await receiveHead(sent), request, limit);

/** An answer that refuses is short, and so is one that names another place. */
const receiveStream: Receive<StreamedAnswer> = async (sent, request, { url, limit }) => {
  const response = await receiveHead(sent);
  const { statusCode: status = 0, headers } = response;
  if (status < 200 || status >= 300)
    return { ...(await complete(response, request, limit)), content: undefined };
  return { status, headers, body: Buffer.alloc(0), content: chunksOf(response, request, url) };
};

async function complete(
  response: http.IncomingMessage,
  { method }: RegistryRequest,
  limit: number,
): Promise<RegistryAnswer> {
  const late = new Error(`its answer to ${method} was not complete after ${formatDuration(limit)}`);
  const timer = setTimeout(() => response.destroy(late), limit);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      const part = Buffer.from(chunk);
      length += part.length;
      chunks.push(part);
      if (length > LONGEST_ANSWER)
        throw new Error(`its answer to ${method} is longer than ${formatBytes(LONGEST_ANSWER)}`);
    }
  } finally {
    clearTimeout(timer);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(chunks) };
}

async function* chunksOf(
  response: http.IncomingMessage,
  { signal }: RegistryRequest,
  url: URL,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield Buffer.from(chunk);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, url);
  }
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
