import type { Engine } from '../engine/engine.ts';
import { messageOf } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';

/** Notes when the first container of some services of a Compose project is told to stop, until the end of the scope. */
export class FirstStop implements AsyncDisposable {
  /** By `performance.now()`; `undefined`: none was. */
  at: number | undefined;
  readonly #end = new AbortController();
  #listening: Promise<void> = Promise.resolve();

  /** @throws HostError when the engine can't be asked */
  static async watch(
    { engine, log }: Pick<HostContext, 'engine' | 'log'>,
    project: string,
    services: readonly ServiceName[],
  ): Promise<FirstStop> {
    const stop = new FirstStop();
    const filters = {
      type: ['container'],
      label: [`com.docker.compose.project=${project}`],
      event: ['kill', 'die'],
    };
    const events = await engine.events(filters, stop.#end.signal);
    stop.#listening = stop.#listen(events, services).catch((error: unknown) => log.debug(messageOf(error)));
    return stop;
  }

  async #listen(
    events: Awaited<ReturnType<Engine['events']>>,
    services: readonly ServiceName[],
  ): Promise<void> {
    for await (const { attributes } of events) {
      if (services.includes(serviceOf({ labels: attributes }) ?? '')) this.at ??= performance.now();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#listening;
  }
}
