import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { digestOf, pinnedImage } from '../../src/model/image.ts';
import { blobPath, openLayoutFolder, openLayoutTar, readBlob } from '../../src/oci/layout.ts';
import { readLayoutImage } from '../../src/oci/layout-image.ts';
import type { LocalImage } from '../../src/transfer/local-image.ts';
import { writeTestLayout } from '../support/oci-layout.ts';
import { layer, push, type Shipping, shipping } from './support/shipped.ts';

/** The names of the parts of an archive. */
async function partsOf(file: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('tar', ['-tf', file]);
  return stdout.trimEnd().split('\n');
}

/** An image of these layers by digest. */
function image({ registry }: Shipping, tag: string, ...layers: readonly ReturnType<typeof layer>[]): string {
  return `${registry.host}/me/shop@${push(registry, 'me/shop', tag, { 'linux/amd64': layers })}`;
}

test('a layer that several images have is there once', async () => {
  await using own = await shipping();
  const base = layer(20_000);
  const shop = image(own, 'v1', base, layer(900, 2));
  push(own.registry, 'me/db', '16', { 'linux/amd64': [base, layer(900, 3)] });
  const release = own.release('11111111', shop, `${own.registry.host}/me/db:16`);
  const { file, record } = await own.export(release);
  const digests = record.images.map(({ blobs }) => blobs.map(({ digest }) => digest));
  const common = digests[0]?.filter((digest) => digests[1]?.includes(digest));
  expect(common).toHaveLength(1);
  const parts = await partsOf(file);
  expect(new Set(parts).size).toBe(parts.length);
  expect(parts.filter((name) => name.startsWith('blobs/'))).toHaveLength(new Set(digests.flat()).size);
});

test('one that leaves out layers is itself one that a later export builds on', async () => {
  await using own = await shipping();
  const base = layer(20_000);
  const first = await own.export(own.release('11111111', image(own, 'v1', base)));
  const second = image(own, 'v2', base, layer(900, 2));
  const { record } = await own.export(own.release('22222222', second), { earlier: first.record });
  const third = own.release('33333333', image(own, 'v3', base, layer(900, 2), layer(900, 3)));
  const last = await own.export(third, { earlier: record });
  const left = last.record.images[0]?.blobs.filter(({ of }) => of !== undefined);
  expect(left?.map(({ of }) => of)).toEqual([second, second]);
  expect(last.record.since).toBe('22222222');
  for (const { digest } of left ?? [])
    expect(await partsOf(last.file)).not.toContain(`blobs/sha256/${digest.slice('sha256:'.length)}`);
});

describe('an image that no registry has', () => {
  /** On the runner, as a build with `image-transfer: direct` leaves it. */
  async function onRunner(own: Shipping): Promise<LocalImage> {
    const path = own.path('layout');
    const platforms = { 'linux/amd64': [layer(900).content], 'linux/arm64': [layer(900, 2).content] };
    const descriptor = await writeTestLayout(path, { platforms });
    const layout = await openLayoutFolder(path);
    const name = pinnedImage(`${own.registry.host}/me/shop`, descriptor.digest);
    return { name, layout, image: await readLayoutImage(layout, descriptor) };
  }

  test('is read from the runner, and has its digest in the archive', async () => {
    await using own = await shipping();
    push(own.registry, 'me/db', '16', { 'linux/amd64': [layer(900, 3)] });
    const local = await onRunner(own);
    const release = own.release('11111111', local.name, `${own.registry.host}/me/db:16`);
    const { file, record } = await own.export(release, { local: [local] });
    const [shop] = record.images;
    expect(shop).toMatchObject({
      name: local.name,
      digest: digestOf(local.name),
      platforms: ['linux/amd64'],
    });
    expect(await partsOf(file)).toEqual(
      expect.arrayContaining(shop?.blobs.map(({ digest }) => blobPath(digest)) ?? []),
    );
    const archived = await openLayoutTar(file);
    const [descriptor] = archived.manifests.filter(({ digest }) => digest === shop?.digest);
    if (descriptor === undefined) throw new Error('The archive lacks the image.');
    const image = await readLayoutImage(archived, descriptor, { partial: true });
    expect(image.manifests.map(({ platform }) => platform)).toEqual(['linux/amd64']);
    for (const { digest } of image.manifests[0]?.layers ?? []) await readBlob(archived, digest);
  });

  test('is not exported if a blob of it is damaged; then no file is there', async () => {
    await using own = await shipping();
    const local = await onRunner(own);
    const [{ layers } = { layers: [] }] = local.image.manifests;
    const [{ digest, size } = { digest: digestOf(local.name), size: 0 }] = layers;
    await writeFile(join(local.layout.path, blobPath(digest)), Buffer.alloc(size));
    const release = own.release('11111111', local.name);
    const exported = own.export(release, { local: [local], file: 'damaged.tar' });
    await expect(exported).rejects.toThrow(`the blob ${digest} is damaged`);
    await expect(stat(own.path('damaged.tar'))).rejects.toThrow('ENOENT');
  });
});
