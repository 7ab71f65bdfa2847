import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { type PinnedImage, repositoryOf } from '../model/image.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { thisJob } from '../model/place-words.ts';
import { registryOf } from '../model/registry.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { allOrThrow } from '../run/promises.ts';
import { retryTransient } from '../run/retry.ts';
import { isRetryablePushError, pushAdvice } from './build-errors.ts';
import type { ImageContext } from './image-context.ts';
import { Imagetools } from './imagetools.ts';
import {
  accessTo,
  type RemoteManifest,
  type RemoteRepository,
  readManifest,
  readRemoteImage,
  splitReference,
} from './read-remote-image.ts';
import { RegistryAccessError, withRegistryErrors } from './registry-failures.ts';
import type { RemoteImage } from './remote-image.ts';

/**
 * Queries registries, with the credentials, helpers, proxies and certificates of the runner. What Sealift's own client can't do,
 * `docker buildx imagetools` does.
 */
export class Registry {
  readonly #context: ImageContext;
  readonly #client: RegistryClient;
  readonly #imagetools: Imagetools;
  /** Images and manifests by digest, which never change: looked up once in a run, whoever asks. */
  static readonly #images = new Map<string, RemoteImage>();
  static readonly #manifests = new Map<string, RemoteManifest>();
  /** Registries that only imagetools can ask. */
  static readonly #unsupported = new Set<string>();

  constructor(context: ImageContext) {
    this.#context = context;
    this.#client = RegistryClient.of(context);
    this.#imagetools = new Imagetools(context);
  }

  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference: string): Promise<RemoteImage | undefined> {
    const known = Registry.#images.get(reference);
    if (known !== undefined) return known;
    const remote = await this.#ask(
      reference,
      () => this.#read(reference),
      () => this.#imagetools.inspect(reference),
    );
    const [repository] = splitReference(reference);
    if (remote !== undefined) Registry.#images.set(`${repository}@${remote.digest}`, remote);
    return remote;
  }

  /**
   * Asks for what is attached to an image.
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached, or only docker can ask it
   */
  async readBeside<Answer>(
    image: PinnedImage,
    read: (repository: RemoteRepository) => Promise<Answer>,
  ): Promise<Answer> {
    return await this.#ask(
      image,
      () => read(this.#repository(repositoryOf(image))),
      () => {
        throw new SealiftError(
          `${inputRef('verify')}: Sealift can't ask ${registryOf(image)} itself, only through docker, which can't read signatures. The log says above why. Set ${inputSetting('verify', 'off')}, or use another registry.`,
        );
      },
    );
  }

  async #read(reference: string): Promise<RemoteImage | undefined> {
    const [repository, name] = splitReference(reference);
    const remote = this.#repository(repository);
    const manifest = await readManifest(remote, name);
    if (manifest === undefined) return undefined;
    Registry.#manifests.set(`${repository}@${manifest.digest}`, manifest);
    return await readRemoteImage(remote, manifest);
  }

  /**
   * Gives an image more names. Within a repository only the manifest is sent again.
   * @param image by digest
   * @throws ConfigurationError when the registry refuses it to this login
   */
  async tag(image: string, references: readonly string[]): Promise<void> {
    const [repository] = splitReference(image);
    const own = references.filter((reference) => splitReference(reference)[0] === repository);
    const others = references.filter((reference) => !own.includes(reference));
    try {
      const found = await allOrThrow([
        own.length === 0 || this.#tag(image, own),
        others.length === 0 || this.#imagetools.tag(image, others),
      ]);
      if (found.every(Boolean)) return;
    } catch (error) {
      if (!(error instanceof RegistryAccessError)) throw error;
      const { evidence } = error;
      const registry = registryOf(image);
      throw new ConfigurationError(
        `${registry} refuses the tags ${references.join(', ')} for ${image}. ${pushAdvice(registry)} The registry answered: ${evidence.at(-1) ?? 'nothing'}`,
        { evidence },
      );
    }
    throw new SealiftError(
      `${image} is not in the registry, so it can't be tagged. It was removed since it was pushed: run ${thisJob()} again.`,
    );
  }

  /** @returns whether the image is there */
  #tag(image: string, references: readonly string[]): Promise<boolean> {
    return this.#ask(
      image,
      async () => {
        const manifest = await this.#manifest(image);
        if (manifest === undefined) return false;
        const put = await allOrThrow(references.map((reference) => this.#put(manifest, reference)));
        return put.every(Boolean);
      },
      () => this.#imagetools.tag(image, references),
      isRetryablePushError,
    );
  }

  async #manifest(image: string): Promise<RemoteManifest | undefined> {
    const [repository, name] = splitReference(image);
    return Registry.#manifests.get(image) ?? (await readManifest(this.#repository(repository), name));
  }

  /** @returns `false` if the registry lacks what the manifest names */
  async #put({ mediaType, bytes }: RemoteManifest, reference: string): Promise<boolean> {
    const [repository, tag] = splitReference(reference);
    const { signal } = this.#context;
    const { status } = await this.#client.request(accessTo(repository, 'pull,push'), `manifests/${tag}`, {
      ...{ method: 'PUT', headers: { 'content-type': mediaType }, body: bytes, signal },
    });
    return status !== 404;
  }

  #repository(name: string): RemoteRepository {
    return { name, client: this.#client, signal: this.#context.signal };
  }

  /** Asks with the own client, or with imagetools what that can't do. */
  async #ask<Answer>(
    reference: string,
    ask: () => Promise<Answer>,
    askImagetools: () => Promise<Answer>,
    isRetryable: (text: string) => boolean = () => false,
  ): Promise<Answer> {
    const registry = registryOf(reference);
    if (!Registry.#unsupported.has(registry)) {
      try {
        return await retryTransient(
          `Asking ${registry}`,
          () => withRegistryErrors(reference, ask, isRetryable),
          this.#context,
        );
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        this.#context.log.info(`${registry} is asked through docker buildx imagetools: ${error.message}.`);
        Registry.#unsupported.add(registry);
      }
    }
    return await askImagetools();
  }
}
