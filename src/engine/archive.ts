import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';

export interface FileToWrite {
  readonly content: string | Buffer;
  /** Default 0644. */
  readonly mode?: number;
  /** Default root. */
  readonly uid?: number;
  readonly gid?: number;
}

/** A tar archive of files by relative name; they belong to root unless they say otherwise. Missing folders are made by who unpacks it (0755). */
export async function packFiles(files: ReadonlyMap<string, FileToWrite>): Promise<Buffer> {
  const archive = pack();
  for (const [name, { content, mode = 0o644, uid = 0, gid = 0 }] of files) {
    archive.entry({ name, mode, uid, gid }, content);
  }
  archive.finalize();
  return await buffer(archive);
}

/**
 * The regular files of an archive that the engine made of a path. It names entries from the last part of that path on
 * (`/data` gives `data/`, `data/a`): a folder's own name is taken off, so that names are relative to what was asked for.
 */
export async function unpackFiles(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = extract();
  entries.end(archive);
  let folder: string | undefined;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type === 'directory') folder ??= name.endsWith('/') ? name : `${name}/`;
    const content = await buffer(entry);
    if (type === 'file')
      files.set(folder !== undefined && name.startsWith(folder) ? name.slice(folder.length) : name, content);
  }
  return files;
}

/** Two blocks of zeros: an archive of nothing. */
export const EMPTY_ARCHIVE: Buffer = Buffer.alloc(1024);
