import type { AppEnvironment } from '../model/app-environment.ts';
import { isReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { type Digest, isDigest } from '../model/image.ts';
import { asList, asObject, asStrings, asText, isObject, parseJson } from '../model/json.ts';

/**
 * What is in the archive of a release, as `sealift.json` in it says. An archive without layers that the other side has is told of
 * those, too. The same document stands beside the archive, for the next one.
 */
export interface ArchiveRecord extends AppEnvironment {
  readonly release: ReleaseId;
  readonly images: readonly ArchivedImage[];
  /** The release whose images the other side must have; `undefined`: none. */
  readonly since: ReleaseId | undefined;
}

/** An image and all its blobs, whether they are in the archive or were left out. */
export interface ArchivedImage {
  /** As the release names it: `ghcr.io/acme/shop@sha256:…`, `postgres:16`. */
  readonly name: string;
  /** What it is for: a release runs it, an accessory does, or Sealift's own edge. */
  readonly use: ImageUse;
  /** Of its manifest or index. */
  readonly digest: Digest;
  /** Those for which it is in the archive: `linux/amd64`. */
  readonly platforms: readonly string[];
  readonly blobs: readonly ArchivedBlob[];
}

export const IMAGE_USES = ['release', 'accessory', 'edge', 'tcp-edge'] as const;
export type ImageUse = (typeof IMAGE_USES)[number];

export interface ArchivedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The image of the earlier release that has it; `undefined`: the blob is in this archive. */
  readonly of?: string | undefined;
}

/** Of `sealift.json`. A change that an older Sealift would misread gets the next number. */
export const ARCHIVE_FORMAT = 1;

/** The document, byte for byte the same for equal content. */
export const writeArchiveRecord = (record: ArchiveRecord): string =>
  `${JSON.stringify({ format: ARCHIVE_FORMAT, ...record }, undefined, 2)}\n`;

/** @returns the format that it has if that is another one; `undefined` if it is no such document */
export function parseArchiveRecord(text: string): ArchiveRecord | { readonly format: number } | undefined {
  const content = asObject(parseJson(text));
  const { format, app, environment, release, since, images } = content;
  if (typeof format === 'number' && format !== ARCHIVE_FORMAT) return { format };
  const found = asList(images).map(parseImage);
  if (
    format !== ARCHIVE_FORMAT ||
    typeof app !== 'string' ||
    typeof environment !== 'string' ||
    !isId(release) ||
    !(since === undefined || isId(since)) ||
    !isComplete(found)
  )
    return undefined;
  return { app, environment, release, since, images: found };
}

const isId = (value: unknown): value is ReleaseId => typeof value === 'string' && isReleaseId(value);

const isComplete = <Item>(items: readonly (Item | undefined)[]): items is readonly Item[] =>
  !items.includes(undefined);

function parseImage(value: unknown): ArchivedImage | undefined {
  const { name, use, digest, platforms, blobs } = asObject(value);
  const found = asList(blobs).map(parseBlob);
  const known = IMAGE_USES.find((each) => each === use);
  if (typeof name !== 'string' || known === undefined || !isDigestText(digest) || !isComplete(found))
    return undefined;
  return { name, use: known, digest, platforms: asStrings(platforms), blobs: found };
}

function parseBlob(value: unknown): ArchivedBlob | undefined {
  const { digest, size, of } = asObject(value);
  if (!isObject(value) || !isDigestText(digest) || typeof size !== 'number') return undefined;
  const other = asText(of);
  return { digest, size, ...(other === undefined ? {} : { of: other }) };
}

const isDigestText = (value: unknown): value is Digest => typeof value === 'string' && isDigest(value);
