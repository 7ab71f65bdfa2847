import { createHash } from 'node:crypto';
import { type Digest, isDigest } from '../model/image.ts';
import { asObject, asStrings, asText, isObject, type JsonObject, mapValues } from '../model/json.ts';

/** What names a blob: opencontainers/image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** `linux/arm64/v8`; `undefined` if it does not say. */
  readonly platform: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Media types of what a registry and a layout hold (media-types.md, and distribution/spec/manifest-v2-2.md). */
export const MEDIA_TYPE = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** Whether a blob of this type names other manifests. */
export const isIndexType = (mediaType: string): boolean =>
  mediaType === MEDIA_TYPE.index || mediaType === MEDIA_TYPE.dockerIndex;

/** Whether a blob of this type is the manifest of an image. */
export const isManifestType = (mediaType: string): boolean =>
  mediaType === MEDIA_TYPE.manifest || mediaType === MEDIA_TYPE.dockerManifest;

/** @returns `undefined` if it names no blob by SHA-256 */
export function parseDescriptor(value: unknown): Descriptor | undefined {
  const { digest, size, mediaType, platform, annotations } = asObject(value);
  if (typeof digest !== 'string' || !isDigest(digest) || !Number.isSafeInteger(size)) return undefined;
  return {
    ...{ digest, size: Number(size), mediaType: asText(mediaType) ?? '' },
    platform: isObject(platform) ? asText(platformName(platform)) : undefined,
    annotations: mapValues(asObject(annotations), String),
  };
}

/** As in the input `platforms`: `linux/arm64/v8`. */
export function platformName({ os, architecture, variant }: JsonObject): string {
  return asStrings([os, architecture, variant]).filter(Boolean).join('/');
}

export function digestOfContent(content: Uint8Array | string): Digest {
  return digestFromHex(createHash('sha256').update(content).digest('hex'));
}

/** @param hex of a finished SHA-256 */
export function digestFromHex(hex: string): Digest {
  return `sha256:${hex}` as Digest;
}
