import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { thisJob } from '../model/place-words.ts';
import { type Descriptor, digestFromHex, MEDIA_TYPE } from './descriptor.ts';
import { blobPath } from './layout.ts';

/** A blob that was written. */
export interface WrittenBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** A folder with an OCI image layout that is being written. */
export class LayoutFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder if there is none; what is in it stays. */
  static async make(path: string): Promise<LayoutFolder> {
    await mkdir(join(path, 'blobs/sha256'), { recursive: true });
    await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    return new LayoutFolder(path);
  }

  async has(digest: Digest): Promise<boolean> {
    return (await stat(join(this.path, blobPath(digest))).catch(() => undefined)) !== undefined;
  }

  /**
   * Writes a blob. It has its name only once it is complete and verified.
   * @param expected its digest, if it is known
   * @throws SealiftError if the content has another digest; then nothing is kept
   */
  async writeBlob(content: Readable | Uint8Array | string, expected?: Digest): Promise<WrittenBlob> {
    const part = join(this.path, `blobs/part-${randomUUID()}`);
    const hash = createHash('sha256');
    let size = 0;
    const count = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      const source = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
      await pipeline(source, count, createWriteStream(part));
      const digest = digestFromHex(hash.digest('hex'));
      if (expected !== undefined && digest !== expected)
        throw new SealiftError(
          `the blob ${expected} did not arrive whole: its content has the digest ${digest}. Run ${thisJob()} again.`,
        );
      await rename(part, join(this.path, blobPath(digest)));
      return { digest, size };
    } finally {
      await rm(part, { force: true });
    }
  }

  /** Writes `index.json`: what the layout offers. */
  async writeIndex(manifests: readonly Descriptor[]): Promise<void> {
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.index,
      manifests: manifests.map(({ mediaType, digest, size, annotations }) => ({
        ...{ mediaType, digest, size },
        ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      })),
    };
    const part = join(this.path, `index-${randomUUID()}`);
    await writeFile(part, JSON.stringify(index));
    await rename(part, join(this.path, 'index.json'));
  }
}
