import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { thisJob } from '../model/place-words.ts';
import { collect } from '../run/collect.ts';
import { CALL_LIMIT, CallLimit, DELETE_LIMIT } from './call-limit.ts';
import { ConnectionState } from './connection-state.ts';
import { engineError } from './errors.ts';
import { Fields } from './fields.ts';
import { type CallOptions, dropIdleConnections, sendRequest, type Transport } from './http-request.ts';

/** Of a response that is read as a whole. Those of an engine have a few MB at most. */
const MOST_BYTES = 128_000_000;

/** A complete response. */
export interface EngineResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A connection in both directions, and the first bytes that the engine sent on it. */
export interface UpgradedSocket {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** A response whose body is not read yet. */
interface ResponseHead {
  readonly response: IncomingMessage;
  /** Set when the engine has switched the protocol. */
  readonly upgraded?: UpgradedSocket;
}

/**
 * Speaks HTTP with one engine. When the connection is lost, every call in progress ends with its HostError.
 * `operation` describes a call in words that complete "could not …".
 */
export class EngineClient {
  readonly #connection: ConnectionState;
  #versionPrefix = '';
  /** What the engine's clock is ahead of ours, in milliseconds. */
  #clockOffset = 0;

  constructor(host: HostName, transport: Transport) {
    this.#connection = new ConnectionState(host, transport);
  }

  get host(): HostName {
    return this.#connection.host;
  }

  /** Aborts when the connection has ended; the reason is the HostError. */
  get disconnected(): AbortSignal {
    return this.#connection.disconnected;
  }

  /** Whether calls wait for each other's connections. */
  get hasFewConnections(): boolean {
    return this.#connection.transport.hasFewConnections === true;
  }

  /** The engine's time, in milliseconds since the epoch. Its responses tell it in seconds. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** Uses this version of the API from now on, whatever the engine's newest is. */
  useApiVersion(apiVersion: string): void {
    this.#versionPrefix = `/v${apiVersion}`;
  }

  /** Ends all calls in progress, and every later one, with this error. */
  disconnect(error: HostError): void {
    this.#connection.disconnect(error);
  }

  /** @throws HostError, also when the engine takes too long; NotFound and Conflict for 404 and 409 */
  call(operation: string, method: string, path: string, options: CallOptions = {}): Promise<EngineResponse> {
    return this.#withLimit(operation, method, options, async (limit, limited) => {
      const { response } = await this.#send(operation, method, path, limited, limit);
      const status = response.statusCode ?? 0;
      const date = Date.parse(response.headers.date ?? '');
      if (!Number.isNaN(date)) this.#clockOffset = date - Date.now();
      if (status >= 400 && !options.allow?.includes(status))
        throw await this.#refusal(operation, response, limited);
      const body = await this.#readBody(operation, response, limited.signal);
      return { status, headers: response.headers, body };
    });
  }

  /** Like `call`, for a response in JSON. */
  async callJson(operation: string, method: string, path: string, options?: CallOptions): Promise<unknown> {
    return this.#parseJson(operation, (await this.call(operation, method, path, options)).body);
  }

  /** The JSON of an object that may not exist: `undefined` when the engine answers 404. */
  async findJson(operation: string, path: string): Promise<unknown> {
    const { status, body } = await this.call(operation, 'GET', path, { allow: [404] });
    return status === 404 ? undefined : this.#parseJson(operation, body);
  }

  /** A response that is read while it comes; it must begin in time. Read errors are for `explainFailure`. */
  async stream(
    operation: string,
    method: 'GET' | 'POST',
    path: string,
    options: CallOptions,
  ): Promise<IncomingMessage> {
    const { response } = await this.#head(operation, method, path, options);
    const status = response.statusCode ?? 0;
    if (status >= 400 && !options.allow?.includes(status))
      throw await this.#refusal(operation, response, options);
    const untrack = this.#connection.track((error) => response.destroy(error), options.signal);
    response.once('close', untrack);
    return response;
  }

  /** Turns a request into a connection in both directions (`Upgrade: tcp`), which exec needs. */
  async hijack(operation: string, path: string, options: CallOptions): Promise<UpgradedSocket> {
    const { response, upgraded } = await this.#head(operation, 'POST', path, { ...options, upgrade: true });
    if (upgraded === undefined) throw await this.#refusal(operation, response, options);
    const { socket } = upgraded;
    const untrack = this.#connection.track((error) => socket.destroy(error), options.signal);
    socket.once('close', untrack);
    return upgraded;
  }

  /** The error for a call that broke: the reason why the connection ended, if that is what broke it. */
  explainFailure(operation: string, error: unknown): Promise<Error> {
    return this.#connection.explainFailure(operation, error);
  }

  #head(operation: string, method: string, path: string, options: CallOptions): Promise<ResponseHead> {
    return this.#withLimit(operation, method, options, (limit, limited) =>
      this.#send(operation, method, path, limited, limit),
    );
  }

  async #withLimit<Result>(
    operation: string,
    method: string,
    options: CallOptions,
    work: (limit: CallLimit, options: CallOptions) => Promise<Result>,
  ): Promise<Result> {
    using limit = new CallLimit(
      options.limit ?? (method === 'DELETE' ? DELETE_LIMIT : CALL_LIMIT),
      options.signal,
    );
    try {
      return await work(limit, { ...options, signal: limit.signal });
    } catch (error) {
      throw limit.explain(error, this.host, operation);
    }
  }

  async #send(
    operation: string,
    method: string,
    path: string,
    options: CallOptions,
    limit: CallLimit,
  ): Promise<ResponseHead> {
    const { apiVersion } = options;
    const prefix = apiVersion === undefined ? this.#versionPrefix : `/v${apiVersion}`;
    const versionedPath = `${prefix}${path}`;
    for (let attempt = 1; ; attempt += 1) {
      this.#connection.throwIfDisconnected();
      options.signal?.throwIfAborted();
      const request = sendRequest(this.#connection.transport, method, versionedPath, options);
      request.once('socket', () => limit.begin());
      try {
        return await this.#responseHead(request, options);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        // The engine may close an idle connection just as it is used again (RFC 9112, 9.3.1), and the others with it.
        if (method === 'GET' && request.reusedSocket && attempt < 3 && !this.disconnected.aborted) {
          dropIdleConnections(this.#connection.transport);
          continue;
        }
        throw await this.explainFailure(operation, error);
      }
    }
  }

  #responseHead(request: ClientRequest, { signal }: CallOptions): Promise<ResponseHead> {
    return new Promise((resolve, reject) => {
      const untrack = this.#connection.track((error) => request.destroy(error), signal);
      const settle = (head: ResponseHead) => {
        untrack();
        resolve(head);
      };
      request.on('error', (error) => {
        untrack();
        // Also needed while the body is read: reading it fails with a mere "aborted".
        this.#connection.checkReachable(error);
        reject(error);
      });
      request.once('response', (response) => settle({ response }));
      request.once('upgrade', (response, socket, head) => settle({ response, upgraded: { socket, head } }));
    });
  }

  async #readBody(
    operation: string,
    response: IncomingMessage,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const untrack = this.#connection.track((error) => response.destroy(error), signal);
    try {
      const { body, isCut } = await collect(response, MOST_BYTES);
      if (!isCut) return body;
      throw new HostError(
        this.host,
        `could not ${operation}: the answer has more than ${MOST_BYTES / 1_000_000} MB. No Docker engine answers so: what listens there?`,
      );
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await this.explainFailure(operation, error);
    } finally {
      untrack();
    }
  }

  async #refusal(operation: string, response: IncomingMessage, { signal }: CallOptions): Promise<HostError> {
    const text = (await this.#readBody(operation, response, signal)).toString().trim();
    return engineError(this.host, operation, messageIn(text), response.statusCode ?? 0);
  }

  #parseJson(operation: string, body: Buffer): unknown {
    try {
      return JSON.parse(body.toString());
    } catch (cause) {
      const evidence = [body.toString().slice(0, 200)];
      const message = `could not ${operation}: the engine's answer is not JSON. Does a proxy answer in its place? Run ${thisJob()} again.`;
      throw new HostError(this.host, message, { evidence, cause });
    }
  }
}

function messageIn(text: string): string {
  try {
    return new Fields(JSON.parse(text)).text('message') || text;
  } catch {
    return text;
  }
}
