import { setTimeout as pause } from 'node:timers/promises';
import { EngineProxy, type PassingRequest } from '../../../__tests__/support/lab/engine-proxy.ts';
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
  readonly #proxy: EngineProxy;
  #exchanges: Exchange[] = [];

  constructor(lab: Lab, server: Server) {
    this.#proxy = new EngineProxy(lab, server, (request) => this.#see(request));
  }

  listen(socketPath: string): Promise<void> {
    return this.#proxy.listen(socketPath);
  }

  close(): void {
    this.#proxy.close();
  }

  /** Counts the requests during a piece of work. */
  async count(work: () => Promise<unknown>): Promise<Count> {
    this.#exchanges = [];
    const before = this.#proxy.connections;
    await work();
    const exchanges = [...this.#exchanges];
    const rounds = longestChain(exchanges);
    const connections = this.#proxy.connections - before;
    return { requests: exchanges.length, connections, rounds, exchanges };
  }

  async #see({ what, ended }: PassingRequest): Promise<void> {
    const exchange = { what, from: performance.now(), to: Number.POSITIVE_INFINITY };
    this.#exchanges.push(exchange);
    void ended.then(() => {
      exchange.to = performance.now();
    });
    await pause(HELD);
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
