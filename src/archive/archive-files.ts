import type { Digest } from '../model/image.ts';
import { blobPath } from '../oci/layout.ts';

/** The files of an archive beside its blobs, in their order. */
export const ARCHIVE_FILE = {
  readme: 'README.md',
  record: 'sealift.json',
  release: 'release.json',
  configs: 'configs.json',
  layout: 'oci-layout',
  index: 'index.json',
  dockerManifest: 'manifest.json',
  sums: 'SHA256SUMS',
  signature: 'SHA256SUMS.sig',
} as const;

/** SHA-256 in hex by the name of a file, as `sha256sum -c` reads them. */
export const writeSums = (sums: ReadonlyMap<string, string>): string =>
  [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('');

/** @returns `undefined` if a line is no sum and name, or a name is there twice */
export function parseSums(text: string): ReadonlyMap<string, string> | undefined {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const { sum, name } = /^(?<sum>[0-9a-f]{64}) {2}(?<name>\S.*)$/.exec(line)?.groups ?? {};
    if (sum === undefined || name === undefined || sums.has(name)) return undefined;
    sums.set(name, sum);
  }
  return text.endsWith('\n') ? sums : undefined;
}

/** The sums of blobs are their names. */
export const sumsOfBlobs = (digests: readonly Digest[]): ReadonlyMap<string, string> =>
  new Map(digests.map((digest) => [blobPath(digest), digest.slice('sha256:'.length)]));
