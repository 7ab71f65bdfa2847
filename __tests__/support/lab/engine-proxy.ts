import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { Lab, Server } from '../lab.ts';

/** A request on its way to the engine. */
export interface PassingRequest {
  /** `GET /containers/json`, without version, ids and query. */
  readonly what: string;
  readonly ended: Promise<void>;
}

/**
 * Sees every request before the engine does, which gets it once this has resolved; never, if it does not. A request that it throws at is
 * answered with that, as an error of the engine.
 */
export type RequestWatch = (request: PassingRequest) => Promise<void>;

/** A socket of this machine that leads to the engine of a server, for who watches, counts or stops requests. */
export class EngineProxy {
  readonly #target: { readonly host: string; readonly port: number; ca: string; cert: string; key: string };
  readonly #agent: Agent;
  // Idle connections stay, as with an engine.
  readonly #server = createServer({ keepAliveTimeout: 0 }, (asked, answer) => void this.#pass(asked, answer));
  readonly #watch: RequestWatch;
  #connections = 0;

  constructor(lab: Lab, server: Server, watch: RequestWatch) {
    this.#target = { host: server.address, port: 2376, ...lab.tls.own };
    this.#agent = new Agent({ ...this.#target, keepAlive: true });
    this.#watch = watch;
    this.#server.on('upgrade', (asked, socket, head) => void this.#passUpgraded(asked, socket, head));
    this.#server.on('connection', () => {
      this.#connections += 1;
    });
  }

  /** How many connections there were so far. */
  get connections(): number {
    return this.#connections;
  }

  async listen(socketPath: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(socketPath, resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    try {
      await this.#watch({ what: whatOf(asked), ended: ending(answer) });
    } catch (error) {
      asked.resume();
      answer.writeHead(500, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ message: String(error) }));
      return;
    }
    const { method, url } = asked;
    // The name in the certificate.
    const headers = { ...asked.headers, host: this.#target.host };
    const how = { ...this.#target, agent: this.#agent, method, path: url, headers };
    const passed = request(how, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      answer.flushHeaders();
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  }

  /**
   * The streams of an exec: plain bytes in both directions after the engine has accepted the upgrade. A program that gets input begins
   * with it, so that is seen like a request.
   */
  async #passUpgraded(asked: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => undefined);
    const input = Promise.withResolvers<void>();
    await this.#watch({ what: whatOf(asked), ended: Promise.race([ending(socket), input.promise]) });
    const engine = connect(this.#target);
    const names = asked.rawHeaders.filter((_, index) => index % 2 === 0);
    const lines = names.map((name, index) => `${name}: ${asked.rawHeaders[index * 2 + 1]}`);
    engine.write([`${asked.method} ${asked.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    engine.write(head);
    engine.on('error', () => socket.destroy());
    socket.on('close', () => engine.destroy());
    socket.once('data', async (first: Buffer) => {
      socket.pause();
      input.resolve();
      await this.#watch({ what: `${whatOf(asked)}, its input`, ended: ending(socket) });
      engine.write(first);
      socket.pipe(engine);
    });
    engine.pipe(socket);
  }
}

const ending = (stream: ServerResponse | Duplex): Promise<void> =>
  new Promise((resolve) => stream.on('close', () => resolve()));

function whatOf({ method, url = '' }: IncomingMessage): string {
  const path = url
    .replace(/^\/v[\d.]+/, '')
    .replace(/\?.*/, '')
    .replaceAll(/[0-9a-f]{12,}/g, '*');
  return `${method} ${path}`;
}
