import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { asList, asObject, type JsonObject } from '../model/json.ts';
import { thisJob } from '../model/place-words.ts';
import { compressLayer, isTar, peek } from './compressed-layer.ts';
import { type Descriptor, digestFromHex, isIndexType, parseDescriptor } from './descriptor.ts';
import { type OciLayout, openLayoutFolder, readJsonBlob } from './layout.ts';
import { LayoutFolder, type WrittenBlob } from './layout-folder.ts';

interface NewLayer extends WrittenBlob {
  readonly mediaType: string;
}

const BLOB_NAME = /^blobs\/sha256\/(?<hex>[0-9a-f]{64})$/;

/**
 * Writes what `docker save` makes of an image into a layout. Layers that come uncompressed, as from the classic image store, are
 * compressed: then the manifest is a new one, with the same config.
 * @returns the layout, and what it offers: the first image of the archive
 * @throws SealiftError for an archive of another kind, or with blobs that are not what they are named
 */
export async function readImageArchive(
  archive: Readable,
  path: string,
): Promise<{ readonly layout: OciLayout; readonly descriptor: Descriptor }> {
  const folder = await LayoutFolder.make(path);
  const compressed = new Map<Digest, NewLayer>();
  let index: JsonObject = {};
  const entries = extract();
  archive.once('error', (error) => entries.destroy(error));
  archive.pipe(entries);
  for await (const entry of entries) {
    const { type } = entry.header;
    const name = entry.header.name.replace(/^\.\//, '');
    const hex = BLOB_NAME.exec(name)?.groups?.['hex'];
    if (type === 'file' && name === 'index.json') index = parsedIndex(await buffer(entry));
    else if (type === 'file' && hex !== undefined)
      await readBlobEntry(
        Readable.from(entry, { objectMode: false }),
        digestFromHex(hex),
        folder,
        compressed,
      );
    else entry.resume();
  }
  const descriptor = parseDescriptor(asList(index['manifests'])[0]);
  if (descriptor === undefined)
    throw new SealiftError(
      'the archive of an image has no OCI layout. Images are read from Docker Engine 25 or later: update the engine that has the image.',
    );
  await folder.writeIndex([descriptor]);
  const rewritten = await rewrite(await openLayoutFolder(path), folder, descriptor, compressed);
  await folder.writeIndex([rewritten]);
  return { layout: await openLayoutFolder(path), descriptor: rewritten };
}

async function readBlobEntry(
  entry: Readable,
  digest: Digest,
  folder: LayoutFolder,
  compressed: Map<Digest, NewLayer>,
): Promise<void> {
  const { head, whole } = await peek(entry);
  if (!isTar(head)) {
    await folder.writeBlob(whole, digest);
    return;
  }
  const layer = compressLayer(whole);
  const written = await folder.writeBlob(layer.content);
  const actual = layer.digest();
  if (actual !== digest)
    throw new SealiftError(
      `the layer ${digest} did not arrive whole: its content has the digest ${actual}. Run ${thisJob()} again.`,
    );
  compressed.set(digest, { ...written, mediaType: layer.mediaType });
}

/** Puts the compressed layers in the place of those that they were made of. */
async function rewrite(
  layout: OciLayout,
  folder: LayoutFolder,
  descriptor: Descriptor,
  compressed: ReadonlyMap<Digest, NewLayer>,
): Promise<Descriptor> {
  if (compressed.size === 0 || (await layout.size(descriptor.digest)) === undefined) return descriptor;
  const content = await readJsonBlob(layout, descriptor.digest);
  const changed = isIndexType(descriptor.mediaType)
    ? { manifests: await rewriteAll(layout, folder, asList(content['manifests']), compressed) }
    : {
        layers: asList(content['layers']).map((each) => {
          const layer = parseDescriptor(each);
          const smaller = layer && compressed.get(layer.digest);
          return smaller === undefined ? each : { ...asObject(each), ...smaller };
        }),
      };
  const written = await folder.writeBlob(JSON.stringify({ ...content, ...changed }));
  return { ...descriptor, ...written };
}

async function rewriteAll(
  layout: OciLayout,
  folder: LayoutFolder,
  list: readonly unknown[],
  compressed: ReadonlyMap<Digest, NewLayer>,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const each of list) {
    const inner = parseDescriptor(each);
    if (inner === undefined) continue;
    const { digest, size } = await rewrite(layout, folder, inner, compressed);
    all.push({ ...asObject(each), digest, size });
  }
  return all;
}

function parsedIndex(content: Buffer): JsonObject {
  try {
    return asObject(JSON.parse(content.toString()));
  } catch {
    throw new SealiftError(
      `the archive of an image has an index.json that is not JSON. Run ${thisJob()} again.`,
    );
  }
}
