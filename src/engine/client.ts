import type * as http from 'node:http';
import type { Duplex } from 'node:stream';
import { HostError, messageOf } from '../model/errors.ts';
import { ConnectionState, unreachableError } from './connection-state.ts';
import { engineError } from './errors.ts';
import { Fields } from './fields.ts';
import { type CallOptions, sendRequest, type Transport } from './http-request.ts';

/** What an engine said, whole. */
export interface EngineResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is under way on one request, and how to end it. */
interface Exchange {
  readonly response: http.IncomingMessage;
  /** Set when the engine changed the protocol. */
  readonly upgraded: { readonly socket: Duplex; readonly head: Buffer } | undefined;
}

/**
 * Speaks HTTP with one engine. Whatever is under way ends when the connection is lost, with its HostError. `doing` is
 * what is asked in words that follow "could not".
 */
export class EngineClient {
  readonly host: string;
  readonly #transport: Transport;
  readonly #state = new ConnectionState();
  #prefix = '';

  constructor(host: string, transport: Transport) {
    this.host = host;
    this.#transport = transport;
  }

  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get disconnected(): AbortSignal {
    return this.#state.disconnected;
  }

  /** Speaks this version of the API from now on, whatever the engine's newest is. */
  useApiVersion(apiVersion: string): void {
    this.#prefix = `/v${apiVersion}`;
  }

  /** Ends everything under way, and every later call, with this error. */
  disconnect(error: HostError): void {
    if (this.#state.disconnect(error)) this.#transport.agent.destroy();
  }

  /** @throws HostError; NotFound and Conflict for 404 and 409 */
  async call(
    operation: string,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<EngineResponse> {
    const { response } = await this.#exchange(operation, method, path, options, false);
    const status = response.statusCode ?? 0;
    const body = await this.#readBody(operation, response, options.signal);
    if (status >= 400 && !options.allow?.includes(status))
      throw engineError(this.host, operation, status, messageIn(body));
    return { status, headers: response.headers, body };
  }

  /** The same for an answer in JSON. */
  async callJson(
    operation: string,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<unknown> {
    return this.#parseJson(operation, (await this.call(operation, method, path, options)).body);
  }

  /** The JSON of what may be absent: `undefined` when the engine says 404. */
  async findJson(operation: string, path: string): Promise<unknown> {
    const { status, body } = await this.call(operation, 'GET', path, { allow: [404] });
    return status === 404 ? undefined : this.#parseJson(operation, body);
  }

  /** A response that goes on until somebody ends it. Its errors are HostErrors. */
  async stream(operation: string, path: string, options: CallOptions): Promise<http.IncomingMessage> {
    const { response } = await this.#exchange(operation, 'GET', path, options, false);
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      throw engineError(
        this.host,
        operation,
        status,
        messageIn(await this.#readBody(operation, response, options.signal)),
      );
    }
    const forget = this.#state.track((error) => response.destroy(error), options.signal);
    response.once('close', forget);
    return response;
  }

  /** Turns a request into a plain connection in both directions (`Upgrade: tcp`), as attach and exec need it. */
  async hijack(
    operation: string,
    path: string,
    options: CallOptions,
  ): Promise<{ socket: Duplex; head: Buffer }> {
    const { response, upgraded } = await this.#exchange(operation, 'POST', path, options, true);
    if (upgraded === undefined) {
      const body = await this.#readBody(operation, response, options.signal);
      throw engineError(this.host, operation, response.statusCode ?? 0, messageIn(body));
    }
    const forget = this.#state.track((error) => upgraded.socket.destroy(error), options.signal);
    upgraded.socket.once('close', forget);
    return upgraded;
  }

  /** What a broken connection means to who asked. The reason of the loss, if that is what broke it. */
  async explainFailure(operation: string, error: unknown): Promise<Error> {
    if (error instanceof HostError) return error;
    // A tunnel's sockets close a moment before its process is seen to end, and only that knows why.
    const { graceAfterDisconnect: afterthought } = this.#transport;
    if (afterthought !== undefined && !this.disconnected.aborted)
      await this.#state.waitForDisconnect(afterthought);
    const cause = error instanceof Error ? error : new Error(messageOf(error));
    if (this.#transport.isHostUnreachable?.(cause)) this.disconnect(unreachableError(this.host, cause));
    if (this.disconnected.reason instanceof HostError) return this.disconnected.reason;
    return new HostError(this.host, `could not ${operation}: ${this.#transport.explainError(cause)}`, {
      cause,
    });
  }

  async #exchange(
    operation: string,
    method: string,
    path: string,
    options: CallOptions,
    upgrade: boolean,
  ): Promise<Exchange> {
    for (let attempt = 1; ; attempt += 1) {
      this.#state.throwIfDisconnected();
      options.signal?.throwIfAborted();
      const request = sendRequest(this.#transport, method, `${this.#prefix}${path}`, options, upgrade);
      try {
        return await this.#response(request, options);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        // The engine may close an idle connection in the moment in which it is used again (RFC 9112, 9.3.1).
        if (method === 'GET' && request.reusedSocket && attempt < 3 && !this.disconnected.aborted) continue;
        throw await this.explainFailure(operation, error);
      }
    }
  }

  #response(request: http.ClientRequest, { signal }: CallOptions): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const forget = this.#state.track((error) => request.destroy(error), signal);
      request.on('error', (error) => {
        forget();
        // Told here also for an answer that is under way: its body then ends with a mere "aborted".
        if (this.#transport.isHostUnreachable?.(error)) this.disconnect(unreachableError(this.host, error));
        reject(error);
      });
      request.once('response', (response) => {
        forget();
        resolve({ response, upgraded: undefined });
      });
      request.once('upgrade', (response, socket, head) => {
        forget();
        resolve({ response, upgraded: { socket, head } });
      });
    });
  }

  async #readBody(
    operation: string,
    response: http.IncomingMessage,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const forget = this.#state.track((error) => response.destroy(error), signal);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await this.explainFailure(operation, error);
    } finally {
      forget();
    }
  }

  #parseJson(operation: string, body: Buffer): unknown {
    try {
      return JSON.parse(body.toString());
    } catch (error) {
      throw new HostError(this.host, `could not ${operation}: the engine's answer is not JSON.`, {
        evidence: [body.toString().slice(0, 200)],
        cause: error,
      });
    }
  }
}

function messageIn(body: Buffer): string {
  const text = body.toString().trim();
  try {
    return new Fields(JSON.parse(text)).text('message') || text;
  } catch {
    return text;
  }
}
