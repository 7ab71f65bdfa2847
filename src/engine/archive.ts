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

/** Packs files, by relative name, into a tar archive. Whoever unpacks it creates missing directories (0755). */
export async function packFiles(files: ReadonlyMap<string, FileToWrite>): Promise<Buffer> {
  const archive = pack();
  for (const [name, { content, mode = 0o644, uid = 0, gid = 0 }] of files) {
    archive.entry({ name, mode, uid, gid }, content);
  }
  archive.finalize();
  return await buffer(archive);
}

/**
 * The regular files of an archive that the engine made of a path. Its entries begin with the last part of that path (`/data`
 * gives `data/`, `data/a`). The name of the directory is removed, so names are relative to the requested path.
 */
export async function unpackFiles(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = extract();
  entries.end(archive);
  let root: string | undefined;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type === 'directory') root ??= name.endsWith('/') ? name : `${name}/`;
    const content = await buffer(entry);
    if (type === 'file') files.set(root && name.startsWith(root) ? name.slice(root.length) : name, content);
  }
  return files;
}

/** An archive without files: two blocks of zeros. */
export const EMPTY_ARCHIVE: Buffer = Buffer.alloc(1024);
