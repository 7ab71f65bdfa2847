import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { type Digest, isDigest, registryOf } from '../model/image.ts';
import type { ComposeObject } from '../model/release.ts';
import { isObject, list, object, text, texts } from './data.ts';
import { isRefusal, isWorthAnotherPush, mayPass, pushAdvice } from './failures.ts';
import { plainHttp } from './plain-http.ts';
import { persist, Transient } from './retry.ts';
import type { Workshop } from './solve.ts';

/** An image as the registry has it. */
export interface RemoteImage {
  /** Of the manifest or index that the reference names. */
  readonly digest: Digest;
  /** By platform (`linux/amd64`); attestations are none. */
  readonly platforms: ReadonlyMap<string, RemotePlatform>;
}

export interface RemotePlatform {
  /** Of the manifest. */
  readonly digest: Digest;
  readonly config: Digest;
  readonly labels: Readonly<Record<string, string>>;
  /** From the first to the last. */
  readonly layers: readonly RemoteLayer[];
}

export interface RemoteLayer {
  /** Digest of its content, unpacked: what engines know it by. */
  readonly diffId: string;
  /** Bytes, as it is sent: compressed. */
  readonly size: number;
}

/** The registry refused to show an image; most say so as well of one that is not there. */
export class RefusedError extends ConfigurationError {}

/**
 * Asks registries through `docker buildx imagetools`, which has the runner's credentials, helpers, proxies and certificates.
 * It takes every registry but loopback for one with TLS, while the engine may be told otherwise (`insecure-registries`):
 * then, and only then, it is given a builder's configuration that says plain HTTP. Such a builder is never started.
 */
export class Registry {
  readonly #shop: Workshop;
  /** What was told of images by digest, which never changes: in one run it is asked for once, whoever asks. */
  static readonly #known = new Map<string, RemoteImage>();
  readonly #plain = new Map<string, Promise<Readonly<Record<string, string>>>>();

  constructor(shop: Workshop) {
    this.#shop = shop;
  }

  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RefusedError without access; SealiftError when the registry can't be reached.
   */
  async inspect(reference: string): Promise<RemoteImage | undefined> {
    const known = Registry.#known.get(reference);
    if (known !== undefined) return known;
    const found = await this.#inspect(reference);
    if (found !== undefined) Registry.#known.set(`${repositoryIn(reference)}@${found.digest}`, found);
    return found;
  }

  async #inspect(reference: string): Promise<RemoteImage | undefined> {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const told = await this.#ask(reference, ['inspect', '--format', format, reference]);
    if (told === undefined) return undefined;
    const { manifest, image } = object(JSON.parse(told));
    const digest = digestIn(manifest);
    if (digest === undefined) throw new SealiftError(`${reference}: the registry's answer names no digest.`);
    const repository = repositoryIn(reference);
    const manifests = list(object(manifest)['manifests']).filter(isObject);
    const platforms = new Map<string, RemotePlatform>();
    if (manifests.length === 0) {
      platforms.set(platformOf(object(image)), await this.#platform(repository, digest, object(image)));
    }
    for (const each of manifests) {
      const own = digestIn(each);
      const platform = platformOf(object(each['platform']));
      if (own === undefined || platform.startsWith('unknown')) continue;
      const config = object(image)[platform] ?? image;
      platforms.set(platform, await this.#platform(repository, own, object(config)));
    }
    return { digest, platforms };
  }

  async #platform(repository: string, digest: Digest, image: ComposeObject): Promise<RemotePlatform> {
    const reference = `${repository}@${digest}`;
    const raw = await this.#ask(reference, ['inspect', '--raw', reference]);
    const manifest = raw === undefined ? {} : object(JSON.parse(raw));
    const config = digestIn(manifest['config']);
    if (config === undefined)
      throw new SealiftError(`${reference}: the registry has no such manifest, though its index names it.`);
    const labels = Object.entries(object(object(image['config'])['Labels']));
    return {
      digest,
      config,
      labels: Object.fromEntries(labels.map(([key, value]) => [key, String(value)])),
      layers: layersOf(manifest, image),
    };
  }

  /**
   * Lets further names mean an image that is there; within a registry nothing is copied but its manifest.
   * @throws ConfigurationError when the registry does not let this login do so
   */
  async tag(image: string, references: readonly string[]): Promise<void> {
    if (references.length === 0) return;
    const tags = references.flatMap((reference) => ['--tag', reference]);
    const args = ['create', '--prefer-index=false', ...tags, image];
    const done = await this.#ask(image, args, isWorthAnotherPush).catch((error: unknown) => {
      if (!(error instanceof RefusedError)) throw error;
      const { evidence } = error;
      throw new ConfigurationError(
        `${registryOf(image)} refuses the tags ${references.join(', ')} for ${image}. ${pushAdvice(registryOf(image))} It said: ${evidence.at(-1) ?? 'nothing'}`,
        { evidence },
      );
    });
    if (done === undefined) throw new SealiftError(`${image} is not in the registry, so it can't be tagged.`);
  }

  #ask(
    reference: string,
    args: readonly string[],
    passes: (said: string) => boolean = mayPass,
  ): Promise<string | undefined> {
    const { tools, patience, signal } = this.#shop;
    const registry = registryOf(reference);
    return persist(`Asking ${registry}`, () => this.#once(reference, args, passes), {
      log: tools.log,
      patience,
      signal,
    });
  }

  async #once(
    reference: string,
    args: readonly string[],
    passes: (said: string) => boolean,
  ): Promise<string | undefined> {
    const registry = registryOf(reference);
    const plain = this.#plain.get(registry);
    try {
      return await this.#imagetools(args, (await plain) ?? {});
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (plain !== undefined || !/server gave HTTP response to HTTPS client/.test(error.stderr)) {
        return explained(reference, registry, error, passes);
      }
    }
    // Of several questions at once, the first one finds out for all.
    const found = this.#plain.get(registry) ?? plainHttp(registry, this.#shop);
    this.#plain.set(registry, found);
    await found;
    return this.#once(reference, args, passes);
  }

  async #imagetools(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
    const { tools, signal } = this.#shop;
    const argv = ['buildx', 'imagetools', ...args];
    tools.log.debug(`docker ${argv.join(' ')}`);
    const { stdout } = await tools.run('docker', argv, {
      env: { ...this.#shop.environment, ...environment },
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  }
}

const repositoryIn = (reference: string): string => reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

/** `undefined` for an image that is not there. */
function explained(
  reference: string,
  registry: string,
  error: CommandError,
  passes: (said: string) => boolean,
): undefined {
  const said = (error.stderr.trim().split('\n').at(-1) ?? '').replace(/^ERROR:\s*/, '');
  const { evidence } = error;
  if (/unknown command: docker buildx|is not a docker command/.test(error.stderr)) {
    throw new ConfigurationError(
      'docker buildx is not on this runner. Run docker/setup-buildx-action before this step.',
    );
  }
  if (isRefusal(said) && !mayPass(said)) {
    throw new RefusedError(
      `image: ${registry} does not show ${reference}: it is not there, or the login may not read it. Check the name, and registry-username and registry-password. It said: ${said}`,
      { evidence },
    );
  }
  if (passes(said)) {
    throw new Transient(
      new SealiftError(`The registry ${registry} can't be reached, or fails: ${said}`, { evidence }),
    );
  }
  if (/not found|manifest unknown|name unknown|does not exist/i.test(said)) return undefined;
  throw new SealiftError(`The registry ${registry} was asked for ${reference} and failed: ${said}`, {
    evidence,
  });
}

function digestIn(value: unknown): Digest | undefined {
  const digest = text(object(value)['digest']);
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

/** The manifest's layers stand in the order of the config's `diff_ids` (OCI image specification, config.md). */
function layersOf(manifest: ComposeObject, image: ComposeObject): readonly RemoteLayer[] {
  const sizes = list(manifest['layers']).map((layer) => Number(object(layer)['size']));
  const diffIds = texts(object(image['rootfs'])['diff_ids']);
  return sizes.length === diffIds.length
    ? diffIds.map((diffId, index) => ({ diffId, size: sizes[index] ?? 0 }))
    : [];
}

/** As in `platforms`: `linux/arm64/v8`. */
function platformOf(value: ComposeObject): string {
  const parts = [value['os'], value['architecture'], value['variant']].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  return parts.join('/');
}
