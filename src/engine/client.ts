import type * as http from 'node:http';
import type { Duplex } from 'node:stream';
import { HostError, messageOf } from '../model/errors.ts';
import { type CallOptions, send, type Way } from './call.ts';
import { engineError } from './errors.ts';
import { Fields } from './fields.ts';
import { Life, unreachable } from './life.ts';

/** What an engine said, whole. */
export interface Answer {
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
export class Client {
  readonly host: string;
  readonly #way: Way;
  readonly #life = new Life();
  #prefix = '';

  constructor(host: string, way: Way) {
    this.host = host;
    this.#way = way;
  }

  /** Aborted when the connection is gone for good, with the HostError as its reason. */
  get lost(): AbortSignal {
    return this.#life.lost;
  }

  /** Speaks this version of the API from now on, whatever the engine's newest is. */
  use(apiVersion: string): void {
    this.#prefix = `/v${apiVersion}`;
  }

  /** Ends everything under way, and every later call, with this error. */
  lose(error: HostError): void {
    if (this.#life.lose(error)) this.#way.agent.destroy();
  }

  /** @throws HostError; NotFound and Conflict for 404 and 409 */
  async call(doing: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { response } = await this.#exchange(doing, method, path, options, false);
    const status = response.statusCode ?? 0;
    const body = await this.#bodyOf(doing, response, options.signal);
    if (status >= 400 && !options.allow?.includes(status))
      throw engineError(this.host, doing, status, messageIn(body));
    return { status, headers: response.headers, body };
  }

  /** The same for an answer in JSON. */
  async json(doing: string, method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    return this.#parsed(doing, (await this.call(doing, method, path, options)).body);
  }

  /** The JSON of what may be absent: `undefined` when the engine says 404. */
  async find(doing: string, path: string): Promise<unknown> {
    const { status, body } = await this.call(doing, 'GET', path, { allow: [404] });
    return status === 404 ? undefined : this.#parsed(doing, body);
  }

  /** A response that goes on until somebody ends it. Its errors are HostErrors. */
  async stream(doing: string, path: string, options: CallOptions): Promise<http.IncomingMessage> {
    const { response } = await this.#exchange(doing, 'GET', path, options, false);
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      throw engineError(
        this.host,
        doing,
        status,
        messageIn(await this.#bodyOf(doing, response, options.signal)),
      );
    }
    const forget = this.#life.track((error) => response.destroy(error), options.signal);
    response.once('close', forget);
    return response;
  }

  /** Turns a request into a plain connection in both directions (`Upgrade: tcp`), as attach and exec need it. */
  async hijack(doing: string, path: string, options: CallOptions): Promise<{ socket: Duplex; head: Buffer }> {
    const { response, upgraded } = await this.#exchange(doing, 'POST', path, options, true);
    if (upgraded === undefined) {
      const body = await this.#bodyOf(doing, response, options.signal);
      throw engineError(this.host, doing, response.statusCode ?? 0, messageIn(body));
    }
    const forget = this.#life.track((error) => upgraded.socket.destroy(error), options.signal);
    upgraded.socket.once('close', forget);
    return upgraded;
  }

  /** What a broken connection means to who asked. The reason of the loss, if that is what broke it. */
  async explained(doing: string, error: unknown): Promise<Error> {
    if (error instanceof HostError) return error;
    // A tunnel's sockets close a moment before its process is seen to end, and only that knows why.
    const { afterthought } = this.#way;
    if (afterthought !== undefined && !this.lost.aborted) await this.#life.lostWithin(afterthought);
    const cause = error instanceof Error ? error : new Error(messageOf(error));
    if (this.#way.isLoss?.(cause)) this.lose(unreachable(this.host, cause));
    if (this.lost.reason instanceof HostError) return this.lost.reason;
    return new HostError(this.host, `could not ${doing}: ${this.#way.explain(cause)}`, { cause });
  }

  async #exchange(
    doing: string,
    method: string,
    path: string,
    options: CallOptions,
    upgrade: boolean,
  ): Promise<Exchange> {
    for (let attempt = 1; ; attempt += 1) {
      this.#life.throwIfLost();
      options.signal?.throwIfAborted();
      const request = send(this.#way, method, `${this.#prefix}${path}`, options, upgrade);
      try {
        return await this.#answered(request, options);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        // The engine may close an idle connection in the moment in which it is used again (RFC 9112, 9.3.1).
        if (method === 'GET' && request.reusedSocket && attempt < 3 && !this.lost.aborted) continue;
        throw await this.explained(doing, error);
      }
    }
  }

  #answered(request: http.ClientRequest, { signal }: CallOptions): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const forget = this.#life.track((error) => request.destroy(error), signal);
      request.on('error', (error) => {
        forget();
        // Told here also for an answer that is under way: its body then ends with a mere "aborted".
        if (this.#way.isLoss?.(error)) this.lose(unreachable(this.host, error));
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

  async #bodyOf(
    doing: string,
    response: http.IncomingMessage,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const forget = this.#life.track((error) => response.destroy(error), signal);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await this.explained(doing, error);
    } finally {
      forget();
    }
  }

  #parsed(doing: string, body: Buffer): unknown {
    try {
      return JSON.parse(body.toString());
    } catch (error) {
      throw new HostError(this.host, `could not ${doing}: the engine's answer is not JSON.`, {
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
