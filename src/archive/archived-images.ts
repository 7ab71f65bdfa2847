import type { Engine } from '../engine/engine.ts';
import { splitReference } from '../image/read-remote-image.ts';
import { HostError, SealiftError } from '../model/errors.ts';
import { type Digest, isPinnedImage, type PinnedImage, pinnedImage } from '../model/image.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { joinWithAnd } from '../model/text.ts';
import { readLayoutImage } from '../oci/layout-image.ts';
import { imagesOnHost } from '../rollout/needed-images.ts';
import { findImage } from '../transfer/found-image.ts';
import { type LocalImage, manifestFor } from '../transfer/local-image.ts';
import type { OpenArchive } from './open-archive.ts';

/** The images of an archive, as they are sent to hosts. */
export interface ArchivedImages {
  /** Those of the release, by digest. */
  readonly released: ReadonlyMap<PinnedImage, LocalImage>;
  /** Those of accessories and the edge, by the name that they have there. */
  readonly others: ReadonlyMap<string, LocalImage>;
  /** The image of the edge; `undefined` if the release needs none. */
  readonly edge: string | undefined;
  /** The same of the TCP edge. */
  readonly tcpEdge: string | undefined;
}

/** @throws SealiftError if what the archive says of its images is not in it */
export async function readArchivedImages({ record, layout }: OpenArchive): Promise<ArchivedImages> {
  const released = new Map<PinnedImage, LocalImage>();
  const others = new Map<string, LocalImage>();
  let edge: string | undefined;
  let tcpEdge: string | undefined;
  for (const { name, use, digest } of record.images) {
    const descriptor = layout.manifests.find((each) => each.digest === digest);
    if (descriptor === undefined)
      throw new SealiftError(
        `${inputRef('archive')}: index.json in "${layout.path}" lacks ${name}. Export it again.`,
      );
    const [repository] = splitReference(name);
    const image = await readLayoutImage(layout, descriptor, { partial: true });
    const local = { name: pinnedImage(repository, digest), layout, image };
    if (use === 'release' && isPinnedImage(name)) released.set(name, local);
    else others.set(name, local);
    if (use === 'edge') edge = name;
    if (use === 'tcp-edge') tcpEdge = name;
  }
  return { released, others, edge, tcpEdge };
}

/**
 * Checks, before anything is changed, that the images are for a host, and that it has the layers that are left out.
 * @throws HostError that says what to export instead
 */
export async function checkImagesForHost(
  engine: Pick<Engine, 'host' | 'version' | 'inspectImage'>,
  { record, release }: Pick<OpenArchive, 'record' | 'release'>,
  { released, others, edge = '', tcpEdge = '' }: ArchivedImages,
): Promise<void> {
  const { os, architecture } = await engine.version();
  const leftOut = new Map(
    record.images.flatMap(({ blobs }) =>
      blobs.flatMap(({ digest, of }) => (of === undefined ? [] : [[digest, of] as const])),
    ),
  );
  for (const { name, platform = `${os}/${architecture}` } of imagesOnHost(release, {
    edgeImage: edge,
    tcpEdgeImage: tcpEdge,
  })) {
    const local = isPinnedImage(name) ? (released.get(name) ?? others.get(name)) : others.get(name);
    if (local === undefined)
      throw new SealiftError(
        `${inputRef('archive')}: "${name}", which the release needs, is not in it. Export it again.`,
      );
    const manifest = manifestFor(local, platform);
    if (manifest === undefined)
      throw new HostError(
        engine.host,
        `the archive has ${name} for ${joinWithAnd(local.image.manifests.map((each) => each.platform))}, and this host needs ${platform}. Export the release with ${inputSetting('platforms', platform)}.`,
      );
    if (leftOut.size === 0 || (await findImage(engine, local.name)) !== undefined) continue;
    for (const [index, { digest }] of manifest.layers.entries()) {
      const of = leftOut.get(digest);
      if (of === undefined || (await hasLayer(engine, of, manifest.diffIds[index]))) continue;
      throw new HostError(
        engine.host,
        `the archive leaves out layers of ${name}, because release ${record.since} has them, but its image ${of} is not on this host. Export the release without "${inputRef('since')}", or since a release that is on all hosts.`,
      );
    }
  }
}

async function hasLayer(
  engine: Pick<Engine, 'inspectImage'>,
  image: string,
  diffId: Digest | undefined,
): Promise<boolean> {
  const details = isPinnedImage(image)
    ? (await findImage(engine, image))?.details
    : await engine.inspectImage(image);
  return diffId !== undefined && details?.layers.includes(diffId) === true;
}
