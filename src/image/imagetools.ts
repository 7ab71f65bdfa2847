import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { asList, asObject, isObject, type JsonObject } from '../model/json.ts';
import { theRunner } from '../model/place-words.ts';
import { registryOf } from '../model/registry.ts';
import { isAccessDenied, isTransient } from '../run/registry-errors.ts';
import { retryTransient } from '../run/retry.ts';
import { retryAfterInText } from '../run/retry-after.ts';
import { buildxAdvice, isBuildxUnusable, isRetryablePushError, lastStderrLine } from './build-errors.ts';
import type { ImageContext } from './image-context.ts';
import { isPlainHttpError, plainHttpEnvironment } from './plain-http.ts';
import { splitReference } from './read-remote-image.ts';
import {
  accessError,
  failedQueryError,
  missingManifestError,
  unreachableRegistryError,
} from './registry-failures.ts';
import {
  digestField,
  platformText,
  type RemoteImage,
  type RemotePlatform,
  remotePlatform,
} from './remote-image.ts';

/**
 * Queries registries through `docker buildx imagetools`, which knows what Sealift's own client does not: other kinds of
 * authentication, the configuration of builders, copies from one repository to another. It expects TLS of every registry but
 * loopback, while the engine may allow plain HTTP (`insecure-registries`). Only then it gets a builder's configuration that says
 * plain HTTP. Such a builder is never started.
 */
export class Imagetools {
  readonly #context: ImageContext;
  readonly #plainHttp = new Map<string, Promise<Readonly<Record<string, string>>>>();

  constructor(context: ImageContext) {
    this.#context = context;
  }

  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference: string): Promise<RemoteImage | undefined> {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const answer = await this.#query(reference, ['inspect', '--format', format, reference]);
    if (answer === undefined) return undefined;
    const { manifest, image } = asObject(JSON.parse(answer));
    const digest = digestField(manifest);
    if (digest === undefined)
      throw new SealiftError(
        `${reference}: the registry's answer has no digest. Is a proxy between ${theRunner()} and the registry? It must pass the answers on unchanged.`,
      );
    const [repository] = splitReference(reference);
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

  async #platform(repository: string, digest: Digest, image: JsonObject): Promise<RemotePlatform> {
    const reference = `${repository}@${digest}`;
    const raw = await this.#query(reference, ['inspect', '--raw', reference]);
    const platform = raw === undefined ? undefined : remotePlatform(digest, asObject(JSON.parse(raw)), image);
    if (platform !== undefined) return platform;
    throw missingManifestError(reference);
  }

  /**
   * Gives an image more names, also in other repositories.
   * @returns whether the image is there
   * @throws RegistryAccessError when the registry refuses it to this login
   */
  async tag(image: string, references: readonly string[]): Promise<boolean> {
    const tags = references.flatMap((reference) => ['--tag', reference]);
    const args = ['create', '--prefer-index=false', ...tags, image];
    return (await this.#query(image, args, isRetryablePushError)) !== undefined;
  }

  #query(
    reference: string,
    args: readonly string[],
    isRetryable: (reply: string) => boolean = isTransient,
  ): Promise<string | undefined> {
    const what = `Asking ${registryOf(reference)}`;
    return retryTransient(what, () => this.#queryOnce(reference, args, isRetryable), this.#context);
  }

  async #queryOnce(
    reference: string,
    args: readonly string[],
    isRetryable: (reply: string) => boolean,
  ): Promise<string | undefined> {
    const registry = registryOf(reference);
    const { run, environment, signal } = this.#context;
    const plainHttp = this.#plainHttp.get(registry);
    try {
      const env = { ...environment, ...(await plainHttp) };
      const { stdout } = await run('docker', ['buildx', 'imagetools', ...args], { env, signal });
      return stdout;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (plainHttp !== undefined || !isPlainHttpError(error.stderr))
        return explainRegistryError(reference, error, isRetryable);
    }
    // Of several queries at once, the first one finds out for all.
    const found = this.#plainHttp.get(registry) ?? plainHttpEnvironment(registry, this.#context);
    this.#plainHttp.set(registry, found);
    await found;
    return this.#queryOnce(reference, args, isRetryable);
  }
}

/** @returns `undefined` for an image that does not exist */
function explainRegistryError(
  reference: string,
  error: CommandError,
  isRetryable: (reply: string) => boolean,
): undefined {
  const reply = lastStderrLine(error);
  const { evidence } = error;
  if (isBuildxUnusable(error.stderr)) throw new ConfigurationError(buildxAdvice(), { evidence });
  if (isAccessDenied(reply) && !isTransient(reply)) throw accessError(reference, { text: reply, evidence });
  if (isRetryable(reply))
    throw unreachableRegistryError(reference, { text: reply, evidence, wait: retryAfterInText(reply) });
  if (/not found|manifest unknown|name unknown|does not exist/i.test(reply)) return undefined;
  throw failedQueryError(reference, { text: reply, evidence });
}
