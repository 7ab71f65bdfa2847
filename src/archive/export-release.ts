import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageContext } from '../image/image-context.ts';
import { ImageDownload } from '../image/image-download.ts';
import type { EdgeImages } from '../model/deploy-options.ts';
import type { Digest } from '../model/image.ts';
import type { ConfidentialValues, Release } from '../model/release.ts';
import type { ExportRequest } from '../model/request.ts';
import { isSecretVariable } from '../release/compose/inline-contents.ts';
import { imagesOnHost } from '../rollout/needed-images.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import { ARCHIVE_FILE } from './archive-files.ts';
import { archiveReadme } from './archive-readme.ts';
import {
  type ArchivedBlob,
  type ArchivedImage,
  type ArchiveRecord,
  type ImageUse,
  writeArchiveRecord,
} from './archive-record.ts';
import { type CollectedImage, collectImage } from './collect-image.ts';
import { dockerManifest, layoutIndex, type NamedImage, tagOf } from './docker-load.ts';
import { archiveRecordName } from './find-earlier-record.ts';
import { localImageReader } from './image-reader.ts';
import { sign } from './signature.ts';
import { writeArchive } from './write-archive.ts';

interface ExportContext extends ImageContext {
  readonly signal: AbortSignal;
  readonly file: string;
  /** Images that are on the runner; others are read from their registries. */
  readonly local: readonly LocalImage[];
  /** What the other side has already. */
  readonly earlier: ArchiveRecord | undefined;
}

/** An archive that was written. */
export interface WrittenArchive {
  readonly record: ArchiveRecord;
  /** Of the file, in hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Writes a release and the images that its hosts need into a file, and beside it what that has.
 * @param contents of secrets and configs; those of configs go into the archive
 */
export async function exportRelease(
  release: Release,
  contents: ConfidentialValues,
  {
    platforms,
    signKey,
    ...edgeImages
  }: Pick<ExportRequest, 'platforms' | 'edgeImage' | 'tcpEdgeImage' | 'signKey'>,
  context: ExportContext,
): Promise<WrittenArchive> {
  const { earlier, file, log } = context;
  const download = new ImageDownload(context);
  const local = new Map(context.local.map((image) => [String(image.name), localImageReader(image)]));
  const needed = imagesOnHost(release, edgeImages);
  const images: NamedImage[] = [];
  const archived: ArchivedImage[] = [];
  for (const { name, platform, isReleased } of needed) {
    const wanted = platform === undefined ? platforms : [platform];
    const image = await collectImage(name, wanted, local.get(name) ?? download);
    images.push({ image, tag: tagOf(name, release.id) });
    const use: ImageUse = isReleased ? 'release' : useOf(name, edgeImages);
    archived.push(archivedImage(image, use, earlier));
  }
  const { app, environment, id } = release;
  const record = { app, environment, release: id, images: archived, since: earlier?.release };
  const blobs = new Map(archived.flatMap((each) => each.blobs).map((blob) => [blob.digest, blob]));
  const own = [...blobs.values()].filter(({ of }) => of === undefined);
  log.info(
    `${needed.length} images, ${own.length} blobs${blobs.size > own.length ? `, and ${blobs.size - own.length} that release ${earlier?.release} has` : ''}`,
  );
  const written = await writeArchive(file, {
    files: archiveTexts(record, release, contents, images, signKey !== undefined),
    blobs: own,
    read: (blob) => blobContent(blob, images),
    sign: signKey === undefined ? undefined : (text) => sign(text, signKey, context),
    signal: context.signal,
  });
  await writeFile(join(dirname(file), archiveRecordName(record)), writeArchiveRecord(record));
  return { record, ...written };
}

/** The image with all its blobs. Layers that an image of the earlier release has are left out. */
function archivedImage(
  { name, descriptor, manifests, contents }: CollectedImage,
  use: ImageUse,
  earlier: ArchiveRecord | undefined,
): ArchivedImage {
  const small = [...contents].map(([digest, bytes]) => ({ digest, size: bytes.length }));
  const layers = manifests.flatMap((manifest) => manifest.layers);
  const all = new Map<Digest, ArchivedBlob>(small.map((blob) => [blob.digest, blob]));
  for (const { digest, size } of layers) {
    const of = earlier?.images.find((image) => image.blobs.some((blob) => blob.digest === digest))?.name;
    all.set(digest, { digest, size, ...(of === undefined ? {} : { of }) });
  }
  const platforms = manifests.map(({ platform }) => platform);
  return { name, use, digest: descriptor.digest, platforms, blobs: [...all.values()] };
}

function archiveTexts(
  record: ArchiveRecord,
  release: Release,
  contents: ConfidentialValues,
  images: readonly NamedImage[],
  isSigned: boolean,
): ReadonlyMap<string, string> {
  const configs = Object.fromEntries([...contents].filter(([variable]) => !isSecretVariable(variable)));
  const texts = [
    [ARCHIVE_FILE.readme, archiveReadme(record, { isSigned })],
    [ARCHIVE_FILE.record, writeArchiveRecord(record)],
    [ARCHIVE_FILE.release, `${JSON.stringify(withTimeOf(images, release), undefined, 2)}\n`],
    [ARCHIVE_FILE.configs, `${JSON.stringify(configs, undefined, 2)}\n`],
    [ARCHIVE_FILE.layout, '{"imageLayoutVersion":"1.0.0"}'],
    [ARCHIVE_FILE.index, layoutIndex(images)],
    // It can't say that layers are somewhere else.
    ...(record.since === undefined ? [[ARCHIVE_FILE.dockerManifest, dockerManifest(images)] as const] : []),
  ] as const;
  return new Map(texts);
}

/** The time at which it was exported would make another archive of the same release. */
function withTimeOf(images: readonly NamedImage[], release: Release): Release {
  const times = images.flatMap(({ image }) => image.manifests.map(({ createdAt }) => createdAt ?? ''));
  const [latest = ''] = times.toSorted().reverse();
  return { ...release, origin: { ...release.origin, createdAt: latest } };
}

function blobContent(blob: ArchivedBlob, images: readonly NamedImage[]): AsyncIterable<Buffer> {
  for (const { image } of images) {
    const known = image.contents.get(blob.digest);
    if (known !== undefined)
      return (async function* () {
        yield known;
      })();
  }
  const owner = images.find(({ image }) =>
    image.manifests.some(({ layers }) => layers.some(({ digest }) => digest === blob.digest)),
  );
  if (owner === undefined) throw new Error(`No image has the blob ${blob.digest}.`);
  return owner.image.open(blob);
}

const useOf = (name: string, { edgeImage, tcpEdgeImage }: EdgeImages): ImageUse =>
  name === edgeImage ? 'edge' : name === tcpEdgeImage ? 'tcp-edge' : 'accessory';
