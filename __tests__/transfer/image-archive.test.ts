import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { packFiles } from '../../src/engine/archive.ts';
import { pinnedImage } from '../../src/model/image.ts';
import { digestOfContent } from '../../src/oci/descriptor.ts';
import { blobPath, openLayoutFolder, openLayoutTar, readBlob } from '../../src/oci/layout.ts';
import { readLayoutImage } from '../../src/oci/layout-image.ts';
import { readImageArchive } from '../../src/oci/read-image-archive.ts';
import { imageArchive } from '../../src/transfer/image-archive.ts';
import { countKnownLayers } from '../../src/transfer/known-layers.ts';
import { type LocalImage, manifestFor } from '../../src/transfer/local-image.ts';
import { readWholeBlobs, writeTestLayout } from '../support/oci-layout.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealift-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function layersWithFiles(): Promise<readonly Buffer[]> {
  return [
    await packFiles(new Map([['etc/base', { content: Buffer.alloc(40_000, 'base') }]])),
    await packFiles(new Map([['app', { content: 'app' }]])),
    Buffer.alloc(1024),
  ];
}

async function localImage(compression: 'gzip' | 'none' = 'gzip'): Promise<LocalImage> {
  const layers = await layersWithFiles();
  const descriptor = await writeTestLayout(join(folder, 'layout'), {
    ...{ platforms: { 'linux/amd64': layers, 'linux/arm64': [Buffer.from('arm')] }, compression },
  });
  const layout = await openLayoutFolder(join(folder, 'layout'));
  const image = await readLayoutImage(layout, descriptor);
  return { name: pinnedImage('me/shop', descriptor.digest), layout, image };
}

describe('an archive for an engine', () => {
  test.each([0, 2])('leaves out the first %i layers, and all of other platforms', async (skipped) => {
    const local = await localImage();
    const manifest = manifestFor(local, 'linux/amd64');
    if (manifest === undefined) throw new Error('There is no such platform.');
    const { content, size } = imageArchive(local, manifest, skipped);
    await writeFile(join(folder, 'archive.tar'), await buffer(content));
    const archive = await openLayoutTar(join(folder, 'archive.tar'));
    expect(archive.manifests.map(({ digest }) => digest)).toEqual([local.image.descriptor.digest]);
    expect(Object.keys(archive.manifests[0]?.annotations ?? {})).toEqual([]);
    const present = await Promise.all(manifest.layers.map(({ digest }) => archive.size(digest)));
    expect(present.map((bytes) => bytes !== undefined)).toEqual([0, 1, 2].map((index) => index >= skipped));
    expect(size).toBe(manifest.layers.slice(skipped).reduce((sum, layer) => sum + layer.size, 0));
    const other = manifestFor(local, 'linux/arm64')?.layers[0]?.digest;
    expect(other && (await archive.size(other))).toBeUndefined();
    const { stdout } = await promisify(execFile)('tar', [
      ...['-xOf', join(folder, 'archive.tar'), 'manifest.json'],
    ]);
    expect(JSON.parse(stdout)).toEqual([
      {
        Config: blobPath(manifest.config.digest),
        RepoTags: null,
        Layers: manifest.layers.map(({ digest }) => blobPath(digest)),
      },
    ]);
  });

  test('fails if a layer can no longer be read', async () => {
    const local = await localImage();
    const manifest = manifestFor(local, 'linux/amd64');
    if (manifest === undefined) throw new Error('There is no such platform.');
    const broken = {
      ...local,
      layout: { ...local.layout, open: () => Promise.reject(new Error('the disk is gone')) },
    };
    await expect(buffer(imageArchive(broken, manifest, 0).content)).rejects.toThrow('the disk is gone');
  });
});

describe('an archive of an engine', () => {
  const archiveOf = async (path: string): Promise<Readable> => {
    const whole = { encoding: 'buffer', maxBuffer: 100_000_000 } as const;
    const { stdout } = await promisify(execFile)('tar', ['-C', path, '-cf', '-', '.'], whole);
    return Readable.from([stdout]);
  };

  test('gives the same image if its layers are compressed', async () => {
    const { image } = await localImage();
    const copy = await readImageArchive(await archiveOf(join(folder, 'layout')), join(folder, 'copy'));
    expect(copy.descriptor.digest).toBe(image.descriptor.digest);
    await readWholeBlobs(copy.layout, (await readLayoutImage(copy.layout, copy.descriptor)).blobs);
  });

  test('keeps the config of the image, and gets its layers compressed, always in the same way', async () => {
    const { image } = await localImage('none');
    const made = await Promise.all(
      ['one', 'two'].map(async (name) =>
        readImageArchive(await archiveOf(join(folder, 'layout')), join(folder, name)),
      ),
    );
    const [copy, again] = made;
    if (copy === undefined) throw new Error('There is no copy.');
    expect(copy.descriptor.digest).not.toBe(image.descriptor.digest);
    expect(again?.descriptor.digest).toBe(copy.descriptor.digest);
    const read = await readLayoutImage(copy.layout, copy.descriptor);
    await readWholeBlobs(copy.layout, read.blobs);
    for (const [index, manifest] of read.manifests.entries()) {
      const before = image.manifests[index];
      expect(manifest.config).toEqual(before?.config);
      expect(manifest.diffIds).toEqual(before?.diffIds);
    }
    const [first] = read.manifests;
    for (const [index, layer] of (first?.layers ?? []).entries()) {
      expect(layer.mediaType).toMatch(/\+zstd$/);
      const content = zstdDecompressSync(await readBlob(copy.layout, layer.digest));
      expect(digestOfContent(content)).toBe(first?.diffIds[index]);
    }
  });

  test('is refused if a blob is not what its name says, or if it has no layout', async () => {
    const { image } = await localImage();
    await writeFile(join(folder, 'layout', blobPath(image.descriptor.digest)), '{}');
    await expect(
      readImageArchive(await archiveOf(join(folder, 'layout')), join(folder, 'copy')),
    ).rejects.toThrow('did not arrive whole');
    const old = Readable.from([await packFiles(new Map([['manifest.json', { content: '[]' }]]))]);
    await expect(readImageArchive(old, join(folder, 'old'))).rejects.toThrow('has no OCI layout');
  });
});

test('a host has the layers that lie on the same ones', () => {
  const chain = digestOfContent('sha256:a sha256:b');
  const known = new Set(['sha256:a', chain, 'sha256:x']);
  expect(countKnownLayers(['sha256:a', 'sha256:b', 'sha256:c'], known)).toBe(2);
  expect(countKnownLayers(['sha256:a', 'sha256:b'], known)).toBe(2);
  expect(countKnownLayers(['sha256:b', 'sha256:a'], known)).toBe(0);
});
