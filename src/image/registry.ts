import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { type Digest, isDigest, registryOf } from '../model/image.ts';
import { asList, asObject, asStrings, asText, isObject } from '../model/json.ts';
import type { ComposeObject } from '../model/release.ts';
import { isAccessDenied, isRetryablePushError, isTransient, pushAdvice } from './build-errors.ts';
import { plainHttpEnvironment } from './plain-http.ts';
import { retryTransient, TransientError } from './retry.ts';
import type { ImageContext } from './run-bake.ts';

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
export class RegistryAccessError extends ConfigurationError {}

/**
 * Asks registries through `docker buildx imagetools`, which has the runner's credentials, helpers, proxies and certificates.
 * It takes every registry but loopback for one with TLS, while the engine may be told otherwise (`insecure-registries`):
 * then, and only then, it is given a builder's configuration that says plain HTTP. Such a builder is never started.
 */
export class Registry {
  readonly #context: ImageContext;
  /** What was told of images by digest, which never changes: in one run it is asked for once, whoever asks. */
  static readonly #byDigest = new Map<string, RemoteImage>();
  readonly #plainHttp = new Map<string, Promise<Readonly<Record<string, string>>>>();

  constructor(context: ImageContext) {
    this.#context = context;
  }

  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RefusedError without access; SealiftError when the registry can't be reached.
   */
  async inspect(reference: string): Promise<RemoteImage | undefined> {
    const known = Registry.#byDigest.get(reference);
    if (known !== undefined) return known;
    const found = await this.#inspect(reference);
    if (found !== undefined) Registry.#byDigest.set(`${repositoryPart(reference)}@${found.digest}`, found);
    return found;
  }

  async #inspect(reference: string): Promise<RemoteImage | undefined> {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const answer = await this.#ask(reference, ['inspect', '--format', format, reference]);
    if (answer === undefined) return undefined;
    const { manifest, image } = asObject(JSON.parse(answer));
    const digest = digestField(manifest);
    if (digest === undefined) throw new SealiftError(`${reference}: the registry's answer names no digest.`);
    const repository = repositoryPart(reference);
    const manifests = asList(asObject(manifest)['manifests']).filter(isObject);
    const platforms = new Map<string, RemotePlatform>();
    if (manifests.length === 0) {
      platforms.set(platformText(asObject(image)), await this.#platform(repository, digest, asObject(image)));
    }
    for (const each of manifests) {
      const own = digestField(each);
      const platform = platformText(asObject(each['platform']));
      if (own === undefined || platform.startsWith('unknown')) continue;
      const config = asObject(image)[platform] ?? image;
      platforms.set(platform, await this.#platform(repository, own, asObject(config)));
    }
    return { digest, platforms };
  }

  async #platform(repository: string, digest: Digest, image: ComposeObject): Promise<RemotePlatform> {
    const reference = `${repository}@${digest}`;
    const raw = await this.#ask(reference, ['inspect', '--raw', reference]);
    const manifest = raw === undefined ? {} : asObject(JSON.parse(raw));
    const config = digestField(manifest['config']);
    if (config === undefined)
      throw new SealiftError(`${reference}: the registry has no such manifest, though its index names it.`);
    const labels = Object.entries(asObject(asObject(image['config'])['Labels']));
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
    const done = await this.#ask(image, args, isRetryablePushError).catch((error: unknown) => {
      if (!(error instanceof RegistryAccessError)) throw error;
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
    isRetryable: (reply: string) => boolean = isTransient,
  ): Promise<string | undefined> {
    const { tools, retryPolicy, signal } = this.#context;
    const registry = registryOf(reference);
    return retryTransient(`Asking ${registry}`, () => this.#askOnce(reference, args, isRetryable), {
      log: tools.log,
      retryPolicy,
      signal,
    });
  }

  async #askOnce(
    reference: string,
    args: readonly string[],
    isRetryable: (reply: string) => boolean,
  ): Promise<string | undefined> {
    const registry = registryOf(reference);
    const plain = this.#plainHttp.get(registry);
    try {
      return await this.#imagetools(args, (await plain) ?? {});
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (plain !== undefined || !/server gave HTTP response to HTTPS client/.test(error.stderr)) {
        return explainRegistryError(reference, registry, error, isRetryable);
      }
    }
    // Of several questions at once, the first one finds out for all.
    const found = this.#plainHttp.get(registry) ?? plainHttpEnvironment(registry, this.#context);
    this.#plainHttp.set(registry, found);
    await found;
    return this.#askOnce(reference, args, isRetryable);
  }

  async #imagetools(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
    const { tools, signal } = this.#context;
    const argv = ['buildx', 'imagetools', ...args];
    tools.log.debug(`docker ${argv.join(' ')}`);
    const { stdout } = await tools.run('docker', argv, {
      env: { ...this.#context.environment, ...environment },
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  }
}

const repositoryPart = (reference: string): string => reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

/** `undefined` for an image that is not there. */
function explainRegistryError(
  reference: string,
  registry: string,
  error: CommandError,
  isRetryable: (reply: string) => boolean,
): undefined {
  const reply = (error.stderr.trim().split('\n').at(-1) ?? '').replace(/^ERROR:\s*/, '');
  const { evidence } = error;
  if (/unknown command: docker buildx|is not a docker command/.test(error.stderr)) {
    throw new ConfigurationError(
      'docker buildx is not on this runner. Run docker/setup-buildx-action before this step.',
    );
  }
  if (isAccessDenied(reply) && !isTransient(reply)) {
    throw new RegistryAccessError(
      `image: ${registry} does not show ${reference}: it is not there, or the login may not read it. Check the name, and registry-username and registry-password. It said: ${reply}`,
      { evidence },
    );
  }
  if (isRetryable(reply)) {
    throw new TransientError(
      new SealiftError(`The registry ${registry} can't be reached, or fails: ${reply}`, { evidence }),
    );
  }
  if (/not found|manifest unknown|name unknown|does not exist/i.test(reply)) return undefined;
  throw new SealiftError(`The registry ${registry} was asked for ${reference} and failed: ${reply}`, {
    evidence,
  });
}

function digestField(value: unknown): Digest | undefined {
  const digest = asText(asObject(value)['digest']);
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

/** The manifest's layers stand in the order of the config's `diff_ids` (OCI image specification, config.md). */
function layersOf(manifest: ComposeObject, image: ComposeObject): readonly RemoteLayer[] {
  const sizes = asList(manifest['layers']).map((layer) => Number(asObject(layer)['size']));
  const diffIds = asStrings(asObject(image['rootfs'])['diff_ids']);
  return sizes.length === diffIds.length
    ? diffIds.map((diffId, index) => ({ diffId, size: sizes[index] ?? 0 }))
    : [];
}

/** As in `platforms`: `linux/arm64/v8`. */
function platformText(value: ComposeObject): string {
  const parts = [value['os'], value['architecture'], value['variant']].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  return parts.join('/');
}
