import { buffer } from 'node:stream/consumers';
import type { DownloadedBlob } from '../image/image-download.ts';
import { isSamePlatform } from '../image/platforms.ts';
import { splitReference } from '../image/read-remote-image.ts';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import { asList, asObject, type JsonObject } from '../model/json.ts';
import { joinWithAnd } from '../model/text.ts';
import { type Descriptor, isIndexType, parseDescriptor, platformName } from '../oci/descriptor.ts';
import type { ImageReader } from './image-reader.ts';

/** An image, as far as it goes into an archive. */
export interface CollectedImage {
  readonly name: string;
  /** The bytes of one of its blobs, verified at their end. */
  readonly open: (blob: DownloadedBlob) => AsyncIterable<Buffer>;
  /** Of the manifest or index. */
  readonly descriptor: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly manifests: readonly CollectedManifest[];
  /** Manifests, indexes and configs, which are small. */
  readonly contents: ReadonlyMap<Digest, Buffer>;
}

/** The image for one platform. */
export interface CollectedManifest {
  readonly platform: string;
  readonly config: Digest;
  readonly layers: readonly Pick<Descriptor, 'digest' | 'size'>[];
  /** When the image was made, as its config says. */
  readonly createdAt: string | undefined;
}

/**
 * Reads what an image consists of, for some platforms. Attestations stay in the registry.
 * @param name as the release has it, with a tag or a digest
 * @throws ConfigurationError if there is no such image, or it is not for one of the platforms
 */
export async function collectImage(
  name: string,
  platforms: readonly string[],
  reader: ImageReader,
): Promise<CollectedImage> {
  const [repository] = splitReference(name);
  const open = (blob: DownloadedBlob): AsyncIterable<Buffer> => reader.blob(repository, blob);
  const read = async (reference: string): Promise<{ descriptor: Descriptor; content: JsonObject }> => {
    const found = await reader.manifest(reference);
    if (found === undefined)
      throw new ConfigurationError(
        `${reference} was not found in its registry, so it can't be exported. Check the name, and whether it was removed since.`,
      );
    const { digest, mediaType, bytes } = found;
    contents.set(digest, bytes);
    const descriptor = { mediaType, digest, size: bytes.length, platform: undefined, annotations: {} };
    return { descriptor, content: asObject(JSON.parse(bytes.toString())) };
  };
  const contents = new Map<Digest, Buffer>();
  const { descriptor, content } = await read(name);
  const manifests: CollectedManifest[] = [];
  const add = async (manifest: JsonObject): Promise<void> => {
    const [config, ...layers] = [manifest['config'], ...asList(manifest['layers'])].map((each) =>
      requireDescriptor(name, each),
    );
    if (config === undefined) return;
    const bytes = await buffer(open(config));
    contents.set(config.digest, bytes);
    const image = asObject(JSON.parse(bytes.toString()));
    const created = image['created'];
    manifests.push({
      ...{ platform: platformName(image), config: config.digest, layers },
      createdAt: typeof created === 'string' ? created : undefined,
    });
  };
  if (isIndexType(descriptor.mediaType)) {
    const inner = asList(content['manifests']).map((each) => requireDescriptor(name, each));
    const wanted = inner.filter(({ platform = '' }) =>
      platforms.some((each) => isSamePlatform(each, platform)),
    );
    for (const { digest } of wanted) await add((await read(`${repository}@${digest}`)).content);
    requirePlatforms(
      name,
      platforms,
      inner.flatMap(({ platform }) =>
        platform === undefined || platform.startsWith('unknown') ? [] : [platform],
      ),
    );
  } else {
    await add(content);
    requirePlatforms(
      name,
      platforms,
      manifests.map(({ platform }) => platform),
    );
  }
  return { name, open, descriptor, manifests, contents };
}

function requireDescriptor(name: string, value: unknown): Descriptor {
  const descriptor = parseDescriptor(value);
  if (descriptor !== undefined) return descriptor;
  throw new SealiftError(
    `${name} names a part without a SHA-256 digest, so it can't be exported. Build it again with a current BuildKit.`,
  );
}

function requirePlatforms(name: string, wanted: readonly string[], found: readonly string[]): void {
  const missing = wanted.filter((platform) => !found.some((each) => isSamePlatform(each, platform)));
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `platforms: ${name} is for ${joinWithAnd(found)}, not for ${joinWithAnd(missing)}. Set "${inputRef('platforms')}" to what the hosts of the other side are, or use an image that is built for that.`,
  );
}
