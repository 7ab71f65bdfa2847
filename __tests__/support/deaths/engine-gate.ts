import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { EngineProxy } from '../lab/engine-proxy.ts';
import type { Lab, Server } from '../lab.ts';

/** What writes the records of an app. */
const RECORDS = /^PUT .*-records\/archive$/;

/** The way of an action to the engine of a server, which can be closed: from then on the engine gets nothing that changes it. */
export class EngineGate {
  /** For the input `hosts`. */
  readonly url: string;
  readonly #proxy: EngineProxy;
  #state: 'open' | 'shut' | 'refusing' = 'open';

  private constructor(lab: Lab, server: Server, url: string) {
    this.url = url;
    this.#proxy = new EngineProxy(lab, server, async ({ what }) => {
      if (/^(GET|HEAD) /.test(what)) return;
      // What the action said before it asked is read before this goes on: it is in the pipe already.
      for (let count = 0; count < 3; count += 1) await turn();
      if (this.#state === 'shut') await new Promise(() => undefined);
      if (this.#state === 'refusing' && RECORDS.test(what)) throw new Error('no space left on device');
    });
  }

  /** @param folder for its socket; its path is short */
  static async open(lab: Lab, server: Server, folder: string): Promise<EngineGate> {
    const path = join(folder, `${server.name}.sock`);
    const gate = new EngineGate(lab, server, `unix://${path}`);
    await gate.#proxy.listen(path);
    return gate;
  }

  /** Requests that change something never arrive, until it is opened. */
  shut(): void {
    this.#state = 'shut';
  }

  /** The engine answers that it can't write records, until it is opened. */
  refuse(): void {
    this.#state = 'refusing';
  }

  reopen(): void {
    this.#state = 'open';
  }

  close(): void {
    this.#proxy.close();
  }
}
