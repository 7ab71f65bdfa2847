import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';

/** A request to the engine and its time. */
export interface Exchange {
  /** `GET /containers/json`, without version and query. */
  readonly what: string;
  readonly from: number;
  /** Infinity while it has not ended. */
  to: number;
}

export interface Count {
  readonly requests: number;
  readonly connections: number;
  /** The longest chain of requests that follow one another. A distant server makes each of them slow. */
  readonly rounds: number;
  readonly exchanges: readonly Exchange[];
}

/**
 * Milliseconds by which every request is delayed. Much longer than an engine needs for a small answer, so concurrent requests
 * overlap.
 */
const HELD = 25;

/** Forwards a socket of the runner to the engine of a server, and counts the requests. */
export class EngineCounter {
  readonly #target: { readonly host: string; readonly port: number; ca: string; cert: string; key: string };
  readonly #agent: Agent;
  readonly #server = createServer((asked, answer) => void this.#pass(asked, answer));
  #exchanges: Exchange[] = [];
  #connections = 0;

  constructor(lab: Lab, server: Server) {
    this.#target = { host: server.address, port: 2376, ...lab.tls.own };
    this.#agent = new Agent({ ...this.#target, keepAlive: true });
    this.#server.on('upgrade', (asked, socket, head) => void this.#passUpgraded(asked, socket, head));
    this.#server.on('connection', () => {
      this.#connections += 1;
    });
  }

  async listen(socketPath: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(socketPath, resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  /** Counts the requests during a piece of work. */
  async count(work: () => Promise<unknown>): Promise<Count> {
    this.#exchanges = [];
    this.#connections = 0;
    await work();
    const exchanges = [...this.#exchanges];
    const rounds = longestChain(exchanges);
    return { requests: exchanges.length, connections: this.#connections, rounds, exchanges };
  }

  #begin({ method, url = '' }: IncomingMessage): Exchange {
    const path = url
      .replace(/^\/v[\d.]+/, '')
      .replace(/\?.*/, '')
      .replaceAll(/[0-9a-f]{12,}/g, '*');
    const exchange = { what: `${method} ${path}`, from: performance.now(), to: Number.POSITIVE_INFINITY };
    this.#exchanges.push(exchange);
    return exchange;
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const exchange = this.#begin(asked);
    answer.on('close', () => {
      exchange.to = performance.now();
    });
    await pause(HELD);
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

  /** The streams of an exec: plain bytes in both directions after the engine has accepted the upgrade. */
  async #passUpgraded(asked: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const exchange = this.#begin(asked);
    socket.on('close', () => {
      exchange.to = performance.now();
    });
    await pause(HELD);
    const engine = connect(this.#target);
    const names = asked.rawHeaders.filter((_, index) => index % 2 === 0);
    const lines = names.map((name, index) => `${name}: ${asked.rawHeaders[index * 2 + 1]}`);
    engine.write([`${asked.method} ${asked.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    engine.write(head);
    engine.on('error', () => socket.destroy());
    socket.on('error', () => engine.destroy());
    socket.pipe(engine).pipe(socket);
  }
}

/** The largest number of exchanges without overlap: the next one is always the one that ends first. */
export function longestChain(exchanges: readonly Pick<Exchange, 'from' | 'to'>[]): number {
  let chain = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...exchanges].sort((one, other) => one.to - other.to)) {
    if (from < end || to === Number.POSITIVE_INFINITY) continue;
    chain += 1;
    end = to;
  }
  return chain;
}
