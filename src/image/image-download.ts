import { createHash } from 'node:crypto';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { inputSetting } from '../model/input-ref.ts';
import { registryOf } from '../model/registry.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { retryTransient } from '../run/retry.ts';
import type { ImageContext } from './image-context.ts';
import { accessTo, type RemoteManifest, readManifest, splitReference } from './read-remote-image.ts';
import { withRegistryErrors } from './registry-failures.ts';

/** A blob by its digest. */
export interface DownloadedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Reads images from registries, byte for byte. */
export class ImageDownload {
  readonly #context: ImageContext;
  readonly #client: RegistryClient;

  constructor(context: ImageContext) {
    this.#context = context;
    this.#client = RegistryClient.of(context);
  }

  /**
   * The manifest or index that a reference with a tag or a digest names.
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  manifest(reference: string): Promise<RemoteManifest | undefined> {
    const [repository, name] = splitReference(reference);
    const { signal } = this.#context;
    return this.#ask(reference, () => readManifest({ name: repository, client: this.#client, signal }, name));
  }

  /**
   * The bytes of a blob, verified by its digest at their end. If the connection breaks, it goes on where that broke.
   * @throws SealiftError as `manifest`, if the blob is not there, and if it is not what its digest names
   */
  async *blob(repository: string, { digest, size }: DownloadedBlob): AsyncGenerator<Buffer> {
    const reference = `${repository}@${digest}`;
    const hash = createHash('sha256');
    let received = 0;
    while (received < size || size === 0) {
      const before = received;
      try {
        for await (const chunk of await this.#ask(reference, () => this.#open(reference, received))) {
          received += chunk.length;
          if (received > size) break;
          hash.update(chunk);
          yield chunk;
        }
      } catch (error) {
        // Each attempt is a new request, which waits and is repeated by itself; one that brings nothing is the last.
        if (!(error instanceof RegistryError) || received === before) throw this.#failure(reference, error);
        this.#context.log.info(
          `${registryOf(repository)} broke off after ${received} of ${size} bytes of ${digest}: ${error.message}. It is asked for the rest.`,
        );
        continue;
      }
      if (received >= size || received === before) break;
    }
    if (received !== size || `sha256:${hash.digest('hex')}` !== digest)
      throw new SealiftError(
        `${reference}: the registry sent ${received} bytes that are not the blob of ${size} bytes which this digest names. Is a proxy between this machine and the registry? It must pass the answers on unchanged.`,
      );
  }

  async #open(reference: string, from: number): Promise<AsyncIterable<Buffer>> {
    const [repository, digest] = splitReference(reference);
    const answer = await this.#client.download(accessTo(repository, 'pull'), `blobs/${digest}`, {
      method: 'GET',
      headers: from === 0 ? {} : { range: `bytes=${from}-` },
      signal: this.#context.signal,
    });
    if (answer.content === undefined)
      throw new SealiftError(
        `${reference}: the registry does not have this blob, although the manifest names it. The image is incomplete: build and push it again (${inputSetting('rebuild', 'true')}).`,
      );
    return answer.status === 206 || from === 0 ? answer.content : without(from, answer.content);
  }

  #ask<Answer>(reference: string, ask: () => Promise<Answer>): Promise<Answer> {
    const attempt = (): Promise<Answer> => withRegistryErrors(reference, ask, () => false);
    return retryTransient(`Asking ${registryOf(reference)}`, attempt, this.#context).catch(
      (error: unknown) => {
        throw this.#failure(reference, error);
      },
    );
  }

  #failure(reference: string, error: unknown): unknown {
    if (!(error instanceof RegistryError)) return error;
    return new SealiftError(
      `The registry ${registryOf(reference)} can't give ${reference}: ${error.message}.`,
      { cause: error },
    );
  }
}

/** A registry that knows no ranges begins anew. */
async function* without(bytes: number, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let skipped = 0;
  for await (const chunk of content) {
    const rest = chunk.subarray(Math.max(0, bytes - skipped));
    skipped += chunk.length;
    if (rest.length > 0) yield rest;
  }
}
