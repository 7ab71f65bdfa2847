import { Agent } from 'node:http';
import { ask } from '../../../__tests__/support/http.ts';

/** The results of the visits to one address. */
export interface Visits {
  readonly address: string;
  answered: number;
  readonly failed: string[];
  /** Answers by version of the app. */
  readonly byVersion: Map<string, number>;
}

/** Sends requests to the shop all the time, so that a lost request is noticed. */
export class Visitors {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #visits = new Map<string, Visits>();
  readonly #timers: NodeJS.Timeout[] = [];

  /** From now on, sends 20 requests per second to an address, over kept and new connections in turn. */
  visit(address: string): void {
    if (this.#visits.has(address)) return;
    const visits: Visits = { address, answered: 0, failed: [], byVersion: new Map() };
    this.#visits.set(address, visits);
    let count = 0;
    this.#timers.push(
      setInterval(() => {
        count += 1;
        void this.#ask(visits, count % 2 === 0);
      }, 50),
    );
  }

  /** Stops, and returns the results for each address. */
  leave(): readonly Visits[] {
    for (const timer of this.#timers) clearInterval(timer);
    this.#agent.destroy();
    return [...this.#visits.values()];
  }

  async #ask(visits: Visits, kept: boolean): Promise<void> {
    try {
      const { status, body } = await ask(`${visits.address}version`, kept ? { agent: this.#agent } : {});
      if (status !== 200) throw new Error(`answered ${status}: ${body}`);
      const version = String(JSON.parse(body).version);
      visits.byVersion.set(version, (visits.byVersion.get(version) ?? 0) + 1);
      visits.answered += 1;
    } catch (error) {
      visits.failed.push(error instanceof Error ? error.message : String(error));
    }
  }
}
