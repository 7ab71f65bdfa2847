import type { Engine } from '../engine/engine.ts';
import { messageWithoutHost } from '../model/errors.ts';
import type { PinnedImage } from '../model/image.ts';
import type { Log } from '../model/log.ts';
import { copyFromHost } from './copy-from-host.ts';
import { type FoundImage, findImage } from './found-image.ts';
import type { LocalImage } from './local-image.ts';

interface HostCopiesOptions {
  readonly engines: readonly Engine[];
  /** Where their bytes are kept, until the step ends. */
  readonly folder: string;
  readonly log: Log;
}

/** Images that hosts have: each is read once for all other hosts that lack it. */
export class HostCopies {
  readonly #options: HostCopiesOptions;
  readonly #copies = new Map<PinnedImage, Promise<LocalImage | undefined>>();

  constructor(options: HostCopiesOptions) {
    this.#options = options;
  }

  /**
   * The copy of an image from the first host that has it and gives it.
   * @returns `undefined` if no host has it
   * @throws the first error if every host that has it failed; a later call tries again
   */
  async copy(image: PinnedImage, signal: AbortSignal): Promise<LocalImage | undefined> {
    const copy = this.#copies.get(image) ?? this.#copy(image, signal);
    this.#copies.set(image, copy);
    try {
      return await copy;
    } catch (error) {
      if (this.#copies.get(image) === copy) this.#copies.delete(image);
      throw error;
    }
  }

  /** Whether a host has it. One that can't be asked now has nothing. */
  async has(image: PinnedImage, signal: AbortSignal): Promise<boolean> {
    const found = this.#fromHosts(image, signal, () => Promise.resolve(true));
    return (await found.catch(() => undefined)) ?? false;
  }

  async #copy(image: PinnedImage, signal: AbortSignal): Promise<LocalImage | undefined> {
    const { folder, log } = this.#options;
    return await this.#fromHosts(image, signal, async (engine, found) => {
      log.info(`${image} is read from ${engine.host}, which has it.`);
      return await copyFromHost(engine, image, found, folder, signal);
    });
  }

  async #fromHosts<Result>(
    image: PinnedImage,
    signal: AbortSignal,
    give: (engine: Engine, found: FoundImage) => Promise<Result>,
  ): Promise<Result | undefined> {
    const { engines, log } = this.#options;
    const failures: unknown[] = [];
    for (const engine of engines.filter(({ disconnected }) => !disconnected.aborted)) {
      try {
        const found = await findImage(engine, image);
        if (found !== undefined) return await give(engine, found);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
        log.info(`${engine.host} does not give ${image}: ${messageWithoutHost(engine.host, error)}`);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  }
}
