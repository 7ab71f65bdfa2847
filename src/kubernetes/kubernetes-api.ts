import * as http from 'node:http';
import { ConfigurationError, messageOf, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { parseJson } from '../model/json.ts';
import { beforeThisStep, theRunner, thisRunner } from '../model/place-words.ts';
import { collect } from '../run/collect.ts';
import { pause } from '../run/pause.ts';
import { queryString } from '../run/query-string.ts';
import { KubernetesRefusal, withoutStop } from './kubernetes-refusal.ts';

/** Milliseconds for which a call is sent again while the API server is not reached. */
const RETRY_TIME = 60_000;
/** Milliseconds between two attempts. */
const CALL_INTERVAL = 1_000;
/** Milliseconds without a byte after which a call is given up. */
const SILENCE_LIMIT = 60_000;
/** Bytes of an answer: the largest list of a large cluster has some tens of MB. */
const MOST_ANSWER_BYTES = 128_000_000;

export interface KubernetesCall {
  /** What the call does, in words that complete "could not …". */
  readonly purpose: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Defaults to JSON. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** The API of a cluster, as the user of its kubeconfig. What may succeed in a moment is asked for again for a while. */
export class KubernetesApi {
  readonly host: HostName;
  readonly #socketPath: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  readonly #retryTime: number;
  /** What the server's clock is ahead of ours, in milliseconds. */
  #clockOffset = 0;

  /** @param socketPath where a proxy listens that adds the credentials */
  constructor(host: HostName, socketPath: string, retryTime = RETRY_TIME) {
    this.host = host;
    this.#socketPath = socketPath;
    this.#retryTime = retryTime;
  }

  /** The server's time, in milliseconds since the epoch. It tells it in seconds. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** @throws KubernetesRefusal; SealiftError if the API server is not reached */
  async request(method: string, path: string, call: KubernetesCall): Promise<unknown> {
    const { body } = await this.#answer(method, path, call);
    return parseJson(body);
  }

  /** The same for an object that may not exist: `undefined` when the server answers 404. */
  async find(path: string, purpose: string, signal?: AbortSignal): Promise<unknown> {
    try {
      return await this.request('GET', path, { purpose, signal });
    } catch (error) {
      if (error instanceof KubernetesRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  /** An answer that is no JSON, such as a log. */
  async text(path: string, call: KubernetesCall): Promise<string> {
    return (await this.#answer('GET', path, call)).body.toString();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #answer(method: string, path: string, call: KubernetesCall): Promise<Answer> {
    const end = performance.now() + this.#retryTime;
    for (;;) {
      call.signal?.throwIfAborted();
      let failure: unknown;
      try {
        const answer = await this.#send(method, path, call);
        if (answer.status < 400) return answer;
        const refusal = new KubernetesRefusal(
          call.purpose,
          answer.status,
          parseJson(answer.body) ?? answer.body.toString(),
        );
        if (!refusal.maySucceedLater(method)) throw refusal;
        failure = refusal;
      } catch (error) {
        if (error instanceof SealiftError || call.signal?.aborted) throw error;
        failure = error;
      }
      if (performance.now() > end)
        throw lastingFailure(this.host, call.purpose, this.#retryTime / 1000, failure);
      await pause(CALL_INTERVAL, call.signal);
    }
  }

  #send(
    method: string,
    path: string,
    { purpose, query, body, contentType, signal }: KubernetesCall,
  ): Promise<Answer> {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      // The proxy accepts no other name.
      host: 'localhost',
      accept: 'application/json, */*',
      ...(content === undefined
        ? {}
        : { 'content-type': contentType ?? 'application/json', 'content-length': content.length }),
    };
    return new Promise((resolve, reject) => {
      const request = http.request({
        ...{
          socketPath: this.#socketPath,
          agent: this.#agent,
          method,
          path: `${path}${queryString(query)}`,
          headers,
        },
        ...(signal === undefined ? {} : { signal }),
        timeout: SILENCE_LIMIT,
      });
      request.on('timeout', () => request.destroy(new Error(`no answer for ${SILENCE_LIMIT / 1000} s`)));
      request.on('error', reject);
      request.on('response', (response) => {
        this.#readAnswer(response, purpose).then(resolve, reject);
      });
      request.end(content);
    });
  }

  async #readAnswer(response: http.IncomingMessage, purpose: string): Promise<Answer> {
    const { body, isCut } = await collect(response, MOST_ANSWER_BYTES);
    if (isCut) {
      throw new SealiftError(
        `${this.host}: could not ${purpose}: the answer has more than ${MOST_ANSWER_BYTES / 1_000_000} MB. No API server answers so: what listens there?`,
      );
    }
    const date = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(date)) this.#clockOffset = date - Date.now();
    return { status: response.statusCode ?? 0, body };
  }
}

/** The error for a call that did not succeed in all that time. */
function lastingFailure(host: HostName, purpose: string, seconds: number, cause: unknown): SealiftError {
  if (!(cause instanceof KubernetesRefusal)) return unreachableError(host, purpose, messageOf(cause), cause);
  const { status, words, isOfServer, hasUnaskedWebhook } = cause;
  if (hasUnaskedWebhook) return cause;
  const said = withoutStop(words);
  if (status === 429) {
    return new SealiftError(
      `${host}: the API server had too much to do for ${seconds} s to ${purpose}: ${said}. Run this again when less is going on in the cluster.`,
      { cause },
    );
  }
  if (isOfServer) {
    return new SealiftError(
      `${host}: the API server failed for ${seconds} s to ${purpose}: ${said}. "kubectl get --raw '/readyz?verbose'" shows what is wrong with it.`,
      { cause },
    );
  }
  return unreachableError(host, purpose, said, cause);
}

/** @param words those of `kubectl proxy`, or of the connection to it */
function unreachableError(host: HostName, purpose: string, words: string, cause: unknown): SealiftError {
  const [, login] = /^getting credentials: (.*)/.exec(words) ?? [];
  if (login !== undefined) {
    return new ConfigurationError(
      `kubeconfig: the program that it names does not log in: ${login}. Install it on ${theRunner()}, give it what it needs, or log in to the cluster ${beforeThisStep()}.`,
      { cause },
    );
  }
  if (words.includes('x509: ')) {
    return new ConfigurationError(
      `kubeconfig: the certificate of ${host} is not trusted: ${words}. Its certificate-authority-data must be that of this cluster, and its server an address that the certificate has.`,
      { cause },
    );
  }
  return new SealiftError(
    `${host}: the API server does not answer (${purpose}): ${words}. Is it up, and may ${thisRunner()} reach it?`,
    { cause },
  );
}
