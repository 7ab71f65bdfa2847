import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { asList, asObject, type JsonObject } from '../model/json.ts';
import { type Descriptor, digestFromHex, parseDescriptor } from './descriptor.ts';
import { readTarIndex } from './tar-index.ts';

/** Bytes of a blob, first and last included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An OCI image layout (opencontainers/image-spec, image-layout.md), in a folder or in a tar archive. Read only. */
export interface OciLayout {
  /** Where it is, for errors. */
  readonly path: string;
  /** What `index.json` names. */
  readonly manifests: readonly Descriptor[];
  /** Bytes of a blob; `undefined` if it is not there. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * The bytes of a blob as they are, not verified.
   * @throws SealiftError if it is not there
   */
  open(digest: Digest, range?: ByteRange): Promise<Readable>;
}

/** The path of a blob in a layout. */
export const blobPath = (digest: Digest): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

/** A file of a layout, wherever that is. */
interface LayoutFile {
  readonly path: string;
  readonly start: number;
  readonly size: number;
}

type FindFile = (name: string) => Promise<LayoutFile | undefined>;

/** @throws SealiftError if it is no layout */
export function openLayoutFolder(path: string): Promise<OciLayout> {
  return openLayout(path, async (name) => {
    const file = join(path, name);
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() ? { path: file, start: 0, size: found.size } : undefined;
  });
}

/**
 * Reads the names in an uncompressed tar archive once; blobs are read from their places in it.
 * @throws SealiftError if it is no archive of a layout, or is cut off
 */
export async function openLayoutTar(path: string): Promise<OciLayout> {
  await using archive = await open(path);
  const entries = await readTarIndex(archive, path);
  return await openLayout(path, (name) => {
    const entry = entries.get(name);
    return Promise.resolve(entry && { path, ...entry });
  });
}

async function openLayout(path: string, find: FindFile): Promise<OciLayout> {
  const notLayout = (why: string) =>
    new SealiftError(`${path} is no OCI image layout: ${why}. Make it again.`);
  const version = asObject(await readJsonFile(find, 'oci-layout', notLayout))['imageLayoutVersion'];
  if (version !== '1.0.0') throw notLayout(`its version is ${String(version)}, and only 1.0.0 is known`);
  const index = await readJsonFile(find, 'index.json', notLayout);
  const manifests = asList(asObject(index)['manifests']).map((each) => {
    const descriptor = parseDescriptor(each);
    if (descriptor === undefined) throw notLayout('index.json names a manifest without a SHA-256 digest');
    return descriptor;
  });
  return {
    path,
    manifests,
    size: async (digest) => (await find(blobPath(digest)))?.size,
    async open(digest, range) {
      const file = await find(blobPath(digest));
      if (file === undefined) throw missingBlobError(path, digest);
      if (file.size === 0) return Readable.from([]);
      const start = file.start + (range?.start ?? 0);
      const end = file.start + Math.min(range?.end ?? file.size - 1, file.size - 1);
      return createReadStream(file.path, { start, end });
    },
  };
}

const missingBlobError = (path: string, digest: Digest): SealiftError =>
  new SealiftError(`${path}: the blob ${digest} is missing. Make it again, with all its blobs.`);

async function readJsonFile(
  find: FindFile,
  name: string,
  notLayout: (why: string) => SealiftError,
): Promise<unknown> {
  const file = await find(name);
  if (file === undefined) throw notLayout(`it has no file ${name}`);
  try {
    // The archive around it may be larger than what can be read at once.
    await using handle = await open(file.path);
    const { buffer: content } = await handle.read(Buffer.alloc(file.size), 0, file.size, file.start);
    return JSON.parse(content.toString());
  } catch {
    throw notLayout(`${name} is not JSON`);
  }
}

/**
 * The bytes of a blob that is small, such as a manifest, verified by its digest.
 * @throws SealiftError if they are not what the digest names
 */
export async function readBlob(layout: OciLayout, digest: Digest): Promise<Buffer> {
  const content = await buffer(await layout.open(digest));
  const actual = digestFromHex(createHash('sha256').update(content).digest('hex'));
  if (actual !== digest) throw damagedBlobError(layout.path, digest, actual);
  return content;
}

/**
 * The bytes of a blob of any size, verified at their end.
 * @throws SealiftError as `readBlob`
 */
export async function* streamBlob(layout: OciLayout, digest: Digest): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = await layout.open(digest);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = digestFromHex(hash.digest('hex'));
  if (actual !== digest) throw damagedBlobError(layout.path, digest, actual);
}

/** The same as JSON. */
export async function readJsonBlob(layout: OciLayout, digest: Digest): Promise<JsonObject> {
  const content = await readBlob(layout, digest);
  try {
    return asObject(JSON.parse(content.toString()));
  } catch {
    throw new SealiftError(`${layout.path}: the blob ${digest} is not JSON. Make it again.`);
  }
}

const damagedBlobError = (path: string, digest: Digest, actual: Digest): SealiftError =>
  new SealiftError(
    `${path}: the blob ${digest} is damaged: its content has the digest ${actual}. Make it again.`,
  );
