import { open } from 'node:fs/promises';
import { readTarIndex } from '../oci/tar-index.ts';

/** Bytes. The texts of an archive are short; what is longer is no archive of Sealift. */
const LONGEST_TEXT = 32 * 1024 ** 2;

/**
 * A text file in an archive, not verified.
 * @returns `undefined` if there is no such archive, or no such file in it
 * @throws SealiftError if it is no tar archive, or is cut off
 */
export async function readArchivedText(path: string, name: string): Promise<string | undefined> {
  const archive = await open(path).catch(() => undefined);
  if (archive === undefined) return undefined;
  await using file = archive;
  const entry = (await readTarIndex(file, path)).get(name);
  if (entry === undefined || entry.size > LONGEST_TEXT) return undefined;
  const { buffer } = await file.read(Buffer.alloc(entry.size), 0, entry.size, entry.start);
  return buffer.toString('utf8');
}
