import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { asList, asObject, asStrings, type JsonObject, mapValues } from '../model/json.ts';
import { type Descriptor, isIndexType, isManifestType, parseDescriptor, platformName } from './descriptor.ts';
import { type OciLayout, readJsonBlob } from './layout.ts';

/** An image in a layout, as its digest leads to it: every manifest and config on the way is verified. */
export interface LayoutImage {
  /** Of the manifest or index. */
  readonly descriptor: Descriptor;
  /** For each platform, without attestations. */
  readonly manifests: readonly LayoutManifest[];
  /** Each blob that belongs to it, once: first what names others, the layers last. */
  readonly blobs: readonly Descriptor[];
}

/** The image for one platform. */
export interface LayoutManifest {
  readonly descriptor: Descriptor;
  /** As its config has it: `linux/amd64`. */
  readonly platform: string;
  readonly config: Descriptor;
  /** Of the config. */
  readonly labels: Readonly<Record<string, string>>;
  /** First to last, as they are sent. */
  readonly layers: readonly Descriptor[];
  /** Digests of the unpacked layers, by which an engine knows them. */
  readonly diffIds: readonly Digest[];
}

/**
 * Reads an image of a layout. Layers are not read.
 * @param options.partial manifests that an index names may be missing, as in the archive of an engine that has one platform
 * @throws SealiftError if a manifest or config is missing, damaged or of an unknown kind
 */
export async function readLayoutImage(
  layout: OciLayout,
  descriptor: Descriptor,
  { partial }: { readonly partial: boolean } = { partial: false },
): Promise<LayoutImage> {
  const small = new Map<Digest, Descriptor>([[descriptor.digest, descriptor]]);
  const layers = new Map<Digest, Descriptor>();
  const manifests: LayoutManifest[] = [];
  const pending = [{ descriptor, content: await readJsonBlob(layout, descriptor.digest) }];
  for (let each = pending.shift(); each !== undefined; each = pending.shift()) {
    const { content } = each;
    const mediaType = each.descriptor.mediaType || String(content['mediaType']);
    if (isIndexType(mediaType)) {
      for (const inner of descriptorsIn(layout, each.descriptor, content['manifests'])) {
        if (partial && (await layout.size(inner.digest)) === undefined) continue;
        small.set(inner.digest, inner);
        pending.push({ descriptor: inner, content: await readJsonBlob(layout, inner.digest) });
      }
      continue;
    }
    if (!isManifestType(mediaType))
      throw new SealiftError(
        `${layout.path}: ${each.descriptor.digest} is neither the manifest nor the index of an image, but "${mediaType}". Make it again.`,
      );
    const [config] = descriptorsIn(layout, each.descriptor, [content['config']]);
    const own = descriptorsIn(layout, each.descriptor, content['layers']);
    for (const layer of own) layers.set(layer.digest, layer);
    if (config === undefined) continue;
    small.set(config.digest, config);
    if (each.descriptor.platform?.startsWith('unknown')) continue;
    const image = await readJsonBlob(layout, config.digest);
    manifests.push(manifestOf(each.descriptor, config, own, image));
  }
  return { descriptor, manifests, blobs: [...small.values(), ...layers.values()] };
}

function manifestOf(
  descriptor: Descriptor,
  config: Descriptor,
  layers: readonly Descriptor[],
  image: JsonObject,
): LayoutManifest {
  return {
    ...{ descriptor, config, layers },
    platform: platformName(image),
    labels: mapValues(asObject(asObject(image['config'])['Labels']), String),
    diffIds: asStrings(asObject(image['rootfs'])['diff_ids']) as readonly Digest[],
  };
}

function descriptorsIn(layout: OciLayout, of: Descriptor, list: unknown): readonly Descriptor[] {
  return asList(list).map((each) => {
    const descriptor = parseDescriptor(each);
    if (descriptor !== undefined) return descriptor;
    throw new SealiftError(
      `${layout.path}: ${of.digest} names a blob without a SHA-256 digest. Make it again.`,
    );
  });
}
