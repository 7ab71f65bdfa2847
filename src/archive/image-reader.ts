import type { ImageDownload } from '../image/image-download.ts';
import { splitReference } from '../image/read-remote-image.ts';
import { readBlob, streamBlob } from '../oci/layout.ts';
import type { LocalImage } from '../transfer/local-image.ts';

/** From where an image is read that goes into an archive. */
export type ImageReader = Pick<ImageDownload, 'manifest' | 'blob'>;

/** Reads an image that is on the runner as one in a registry is read. */
export function localImageReader({ layout, image }: LocalImage): ImageReader {
  const known = [image.descriptor, ...image.manifests.map(({ descriptor }) => descriptor)];
  return {
    async manifest(reference) {
      const [, name] = splitReference(reference);
      const found = known.find(({ digest }) => digest === name);
      if (found === undefined) return undefined;
      const { digest, mediaType } = found;
      return { digest, mediaType, bytes: await readBlob(layout, digest) };
    },
    blob: (_, { digest }) => streamBlob(layout, digest),
  };
}
