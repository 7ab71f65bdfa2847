import type { FileHandle } from 'node:fs/promises';
import { SealiftError } from '../model/errors.ts';

/** Where the content of a file is in an archive. */
interface TarEntry {
  readonly start: number;
  readonly size: number;
}

const BLOCK = 512;
/** Type flags of a regular file (POSIX.1-1988, pax): `0`, and NUL of old archives. */
const REGULAR = new Set(['0', '\0']);

/**
 * The regular files of a tar archive by name, without reading their contents: a layout of hundreds of megabytes is read where it
 * is. Names are those of the header; longer ones, in headers of their own, do not occur in a layout.
 * @throws SealiftError for an archive that is cut off
 */
export async function readTarIndex(
  archive: FileHandle,
  path: string,
): Promise<ReadonlyMap<string, TarEntry>> {
  const { size: end } = await archive.stat();
  const entries = new Map<string, TarEntry>();
  const header = Buffer.alloc(BLOCK);
  for (let position = 0; position < end; ) {
    const { bytesRead } = await archive.read(header, 0, BLOCK, position);
    if (bytesRead === BLOCK && header.every((byte) => byte === 0)) return entries;
    const size = sizeIn(header);
    if (bytesRead < BLOCK || !isHeader(header) || Number.isNaN(size))
      throw new SealiftError(`${path} is no tar archive, or it is compressed or damaged. Copy it again.`);
    const start = position + BLOCK;
    if (start + size > end)
      throw new SealiftError(`${path} is cut off: it ends within ${nameIn(header)}. Copy it again.`);
    if (REGULAR.has(String.fromCharCode(header[156] ?? 0))) entries.set(nameIn(header), { start, size });
    position = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new SealiftError(`${path} is cut off: the end of the archive is missing. Copy it again.`);
}

/** In octal digits; of 8 GiB and more, which those can't say, in binary ones with the first bit set, as GNU tar writes them. */
function sizeIn(header: Buffer): number {
  if (header[124] === 0x80) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(textAt(header, 124, 12).trim() || '0', 8);
}

const textAt = (header: Buffer, start: number, length: number): string =>
  header.toString('utf8', start, start + length).replace(/\0.*$/s, '');

/** Without the `./` that `tar -C folder .` puts before names. */
function nameIn(header: Buffer): string {
  const prefix = textAt(header, 257, 5) === 'ustar' ? textAt(header, 345, 155) : '';
  const name = textAt(header, 0, 100);
  return (prefix === '' ? name : `${prefix}/${name}`).replace(/^\.\//, '');
}

/** Whether the sum of its bytes is the one that it names. Its own eight count as spaces. */
function isHeader(header: Buffer): boolean {
  const named = Number.parseInt(textAt(header, 148, 8).trim(), 8);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return named === sum;
}
