import { splitReference } from '../image/read-remote-image.ts';
import { DOCKER_HUB, hubPath, registryOf } from '../model/registry.ts';
import { MEDIA_TYPE } from '../oci/descriptor.ts';
import { blobPath } from '../oci/layout.ts';
import type { CollectedImage } from './collect-image.ts';

/** What `docker load` reads of an archive, whichever image store the engine has. */

/** An image, and the tag that it gets. */
export interface NamedImage {
  readonly image: CollectedImage;
  readonly tag: string;
}

/** The tag that an image gets on an engine: its own, or that of the release for one that is named by its digest. */
export function tagOf(name: string, release: string): string {
  const [repository, reference] = splitReference(name);
  return `${repository}:${reference.startsWith('sha256:') ? release : reference}`;
}

/** `index.json` of the layout, with the names by which containerd knows the images (containerd, client/import.go). */
export function layoutIndex(images: readonly NamedImage[]): string {
  const manifests = images.map(({ image: { descriptor }, tag }) => ({
    ...{ mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size },
    annotations: {
      'io.containerd.image.name': nameWithRegistry(tag),
      'org.opencontainers.image.ref.name': tag.slice(tag.lastIndexOf(':') + 1),
    },
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests });
}

/** `manifest.json`, as engines without containerd read it (moby, image/tarexport/load.go). It knows one platform of an image. */
export function dockerManifest(images: readonly NamedImage[]): string {
  const all = images.flatMap(({ image: { manifests }, tag }) => {
    const [manifest] = manifests;
    if (manifest === undefined) return [];
    const { config, layers } = manifest;
    return [
      { Config: blobPath(config), RepoTags: [tag], Layers: layers.map(({ digest }) => blobPath(digest)) },
    ];
  });
  return JSON.stringify(all);
}

/** With the registry, which containerd does not add by itself. */
function nameWithRegistry(tag: string): string {
  if (registryOf(tag) !== DOCKER_HUB) return tag;
  return `docker.io/${hubPath(tag)}`;
}
