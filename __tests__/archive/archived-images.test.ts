import { expect, test } from '@jest/globals';
import { checkImagesForHost, readArchivedImages } from '../../src/archive/archived-images.ts';
import { openArchive } from '../../src/archive/open-archive.ts';
import type { EngineVersion, ImageDetails } from '../../src/engine/engine.ts';
import { hostName } from '../support/identifiers.ts';
import { layer, push, shipping } from './support/shipped.ts';

/** A host that has these layers in one image. */
const host = (architecture: string, image = '', layers: readonly string[] = []) => ({
  host: hostName('ssh://one'),
  version: (): Promise<EngineVersion> =>
    Promise.resolve({ version: '28.5', apiVersion: '1.51', os: 'linux', architecture }),
  inspectImage: (name: string): Promise<ImageDetails | undefined> =>
    Promise.resolve(
      name === image
        ? { id: 'sha256:1', repoTags: [], repoDigests: [], layers, size: 1, platform: '' }
        : undefined,
    ),
});

test('a host of another platform is refused, with what to export', async () => {
  await using own = await shipping();
  const { registry, step } = own;
  const digest = push(registry, 'me/shop', 'v1', { 'linux/amd64': [layer(900)] });
  const { file } = await own.export(own.release('11111111', `${registry.host}/me/shop@${digest}`));
  const expected = { app: 'shop', environment: 'test', allowedSigners: undefined };
  const archive = await openArchive(file, expected, { ...step, signal: new AbortController().signal });
  const images = await readArchivedImages(archive);
  await checkImagesForHost(host('amd64'), archive, images);
  await expect(checkImagesForHost(host('arm64'), archive, images)).rejects.toThrow(
    'for linux/amd64, and this host needs linux/arm64. Export the release with platforms: linux/arm64.',
  );
});

test('an archive for several platforms is for hosts of each of them, and for no others', async () => {
  await using own = await shipping();
  const { registry, step } = own;
  const platforms = { 'linux/amd64': [layer(900)], 'linux/arm64': [layer(901)] };
  const digest = push(registry, 'me/shop', 'v1', platforms);
  const release = own.release('11111111', `${registry.host}/me/shop@${digest}`);
  const { file } = await own.export(release, { platforms: Object.keys(platforms) });
  const expected = { app: 'shop', environment: 'test', allowedSigners: undefined };
  const archive = await openArchive(file, expected, { ...step, signal: new AbortController().signal });
  const images = await readArchivedImages(archive);
  for (const architecture of ['amd64', 'arm64'])
    await checkImagesForHost(host(architecture), archive, images);
  await expect(checkImagesForHost(host('s390x'), archive, images)).rejects.toThrow(
    'for linux/amd64 and linux/arm64, and this host needs linux/s390x.',
  );
});

test('layers that were left out must be in the image that has them', async () => {
  await using own = await shipping();
  const { registry, step } = own;
  const base = layer(900);
  const name = (digest: string) => `${registry.host}/me/shop@${digest}`;
  const old = push(registry, 'me/shop', 'v1', { 'linux/amd64': [base, layer(901, 2)] });
  const { record } = await own.export(own.release('11111111', name(old)));
  const next = push(registry, 'me/shop', 'v2', { 'linux/amd64': [base, layer(902, 3)] });
  const { file } = await own.export(own.release('22222222', name(next)), { earlier: record });
  const expected = { app: 'shop', environment: 'test', allowedSigners: undefined };
  const archive = await openArchive(file, expected, { ...step, signal: new AbortController().signal });
  const images = await readArchivedImages(archive);
  const [shared = ''] = [...images.released.values()].flatMap(({ image }) =>
    image.manifests.flatMap(({ diffIds }) => diffIds),
  );
  await checkImagesForHost(host('amd64', name(old), [shared]), archive, images);
  // It has the image itself, in whatever way that came.
  await checkImagesForHost(host('amd64', name(next), []), archive, images);
  for (const other of [host('amd64'), host('amd64', name(old), ['sha256:other'])])
    await expect(checkImagesForHost(other, archive, images)).rejects.toThrow(
      `because release 11111111 has them, but its image ${name(old)} is not on this host.`,
    );
});
