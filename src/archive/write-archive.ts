import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { blobPath } from '../oci/layout.ts';
import { ARCHIVE_FILE, sumsOfBlobs, writeSums } from './archive-files.ts';
import type { ArchivedBlob } from './archive-record.ts';

/** What an archive is written from. */
export interface ArchiveParts {
  /** Contents by name, in the order of the archive. */
  readonly files: ReadonlyMap<string, string>;
  /** Those that are written into it. */
  readonly blobs: readonly ArchivedBlob[];
  /** The bytes of a blob, verified at their end. */
  readonly read: (blob: ArchivedBlob) => AsyncIterable<Buffer>;
  /** Signs the list of sums; `undefined`: there is no signature. */
  readonly sign: ((text: string) => Promise<string>) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Writes an archive: the same bytes for the same parts. The file has its name only once it is complete.
 * @returns the SHA-256 of the file, in hex, and its bytes
 */
export async function writeArchive(
  path: string,
  { files, blobs, read, sign, signal }: ArchiveParts,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const sorted = blobs.toSorted((one, other) => (one.digest < other.digest ? -1 : 1));
  const sums = writeSums(
    new Map([
      ...[...files].map(([name, text]) => [name, sha256(text)] as const),
      ...sumsOfBlobs(sorted.map(({ digest }) => digest)),
    ]),
  );
  const signature = await sign?.(sums);
  const texts = new Map([
    ...files,
    [ARCHIVE_FILE.sums, sums],
    ...(signature === undefined ? [] : [[ARCHIVE_FILE.signature, signature] as const]),
  ]);
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const archive = pack();
  const hash = createHash('sha256');
  let size = 0;
  const count = async function* (): AsyncGenerator<Buffer> {
    const chunks: AsyncIterable<unknown> = archive;
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) continue;
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const filled = fill(archive, texts, sorted, read);
  // It ends the archive, and with it the write, whose failure is the one to report.
  filled.catch((error: Error) => archive.destroy(error));
  try {
    await pipeline(count(), createWriteStream(part), { signal });
    await filled;
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { sha256: hash.digest('hex'), size };
}

/** Times and owners are the same whoever writes it: the bytes of an archive depend on its content alone. */
const HEADER = { mtime: new Date(0), mode: 0o644, uid: 0, gid: 0, uname: '', gname: '' } as const;

async function fill(
  archive: Pack,
  texts: ReadonlyMap<string, string>,
  blobs: readonly ArchivedBlob[],
  read: ArchiveParts['read'],
): Promise<void> {
  for (const [name, text] of texts) archive.entry({ ...HEADER, name }, text);
  for (const blob of blobs) {
    const entry = archive.entry({ ...HEADER, name: blobPath(blob.digest), size: blob.size });
    await pipeline(Readable.from(read(blob)), entry);
  }
  archive.finalize();
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
