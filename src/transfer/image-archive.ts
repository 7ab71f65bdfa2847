import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { MEDIA_TYPE } from '../oci/descriptor.ts';
import { blobPath } from '../oci/layout.ts';
import type { LayoutManifest } from '../oci/layout-image.ts';
import type { LocalImage } from './local-image.ts';

/** An archive that an engine loads. */
interface ImageArchive {
  readonly content: Readable;
  /** Bytes of the layers in it. */
  readonly size: number;
}

/**
 * An archive of an image for one platform, for both image stores: an OCI layout, and `manifest.json` of `docker save` beside it. It
 * names no tag, so nothing on the host gets another meaning by it. The compressed layers are in it as they are.
 *
 * @param skipped how many of the first layers are left out, because the host has them
 */
export function imageArchive(
  { layout, image }: LocalImage,
  manifest: LayoutManifest,
  skipped: number,
): ImageArchive {
  const layers = manifest.layers.slice(skipped);
  const ofLayers = new Set(image.manifests.flatMap((each) => each.layers.map(({ digest }) => digest)));
  const small = image.blobs.filter(({ digest }) => !ofLayers.has(digest));
  const archive = pack();
  const { mediaType, digest, size } = image.descriptor;
  const files = {
    'oci-layout': { imageLayoutVersion: '1.0.0' },
    'index.json': {
      ...{ schemaVersion: 2, mediaType: MEDIA_TYPE.index },
      manifests: [{ mediaType, digest, size }],
    },
    'manifest.json': [
      {
        Config: blobPath(manifest.config.digest),
        RepoTags: null,
        Layers: manifest.layers.map((layer) => blobPath(layer.digest)),
      },
    ],
  };
  const write = async (): Promise<void> => {
    for (const [name, content] of Object.entries(files)) archive.entry({ name }, JSON.stringify(content));
    for (const each of new Map([...small, ...layers].map((blob) => [blob.digest, blob])).values()) {
      const length = await layout.size(each.digest);
      // Attestations of a copy from an engine may not be there.
      if (length === undefined) continue;
      const blob = await layout.open(each.digest);
      await pipeline(blob, archive.entry({ name: blobPath(each.digest), size: length }));
    }
    archive.finalize();
  };
  write().catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  const content = new PassThrough();
  void pipeline(archive, content).catch(() => undefined);
  return { content, size: layers.reduce((sum, each) => sum + each.size, 0) };
}
