import { type Digest, type ImageLayer, isDigest } from '../model/image.ts';
import { asList, asObject, asStrings, asText, type JsonObject, mapValues } from '../model/json.ts';

/** An image as the registry has it. */
export interface RemoteImage {
  /** Of the manifest or index that the reference names. */
  readonly digest: Digest;
  /** By platform (`linux/amd64`), without attestations. */
  readonly platforms: ReadonlyMap<string, RemotePlatform>;
}

export interface RemotePlatform {
  /** Of the manifest. */
  readonly digest: Digest;
  readonly config: Digest;
  readonly labels: Readonly<Record<string, string>>;
  /** From the first to the last. */
  readonly layers: readonly ImageLayer[];
}

/**
 * @param image the config of the image
 * @returns `undefined` if the manifest names no config
 */
export function remotePlatform(
  digest: Digest,
  manifest: JsonObject,
  image: JsonObject,
): RemotePlatform | undefined {
  const config = digestField(manifest['config']);
  if (config === undefined) return undefined;
  const labels = mapValues(asObject(asObject(image['config'])['Labels']), String);
  return { digest, config, labels, layers: layersOf(manifest, image) };
}

/** The `digest` of a descriptor. */
export function digestField(value: unknown): Digest | undefined {
  const digest = asText(asObject(value)['digest']);
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

/** The manifest's layers are in the order of the config's `diff_ids` (OCI image specification, config.md). */
function layersOf(manifest: JsonObject, image: JsonObject): readonly ImageLayer[] {
  const layers = asList(manifest['layers']).map(asObject);
  const diffIds = asStrings(asObject(image['rootfs'])['diff_ids']);
  if (layers.length !== diffIds.length) return [];
  return layers.map((layer, index) => ({
    digest: asText(layer['digest']) ?? '',
    diffId: diffIds[index] ?? '',
    size: Number(layer['size']),
  }));
}

/** As in the input `platforms`: `linux/arm64/v8`. */
export function platformText({ os, architecture, variant }: JsonObject): string {
  return asStrings([os, architecture, variant]).filter(Boolean).join('/');
}
