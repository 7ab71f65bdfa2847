import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pack } from 'tar-stream';
import { digestOfContent } from '../../src/oci/descriptor.ts';
import { blobPath, openLayoutFolder, openLayoutTar, readBlob } from '../../src/oci/layout.ts';
import { LayoutFolder } from '../../src/oci/layout-folder.ts';
import { readLayoutImage } from '../../src/oci/layout-image.ts';
import { readWholeBlobs, writeTestLayout } from '../support/oci-layout.ts';

const LAYERS = [Buffer.from('base'), Buffer.alloc(70_000, 'app')];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealift-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function tarOf(path: string, ...args: readonly string[]): Promise<string> {
  const archive = `${path}.tar`;
  await promisify(execFile)('tar', ['-C', path, '-cf', archive, ...args, '.']);
  return archive;
}

describe.each(['folder', 'tar'] as const)('a layout in a %s', (kind) => {
  async function openTestLayout() {
    const path = join(folder, 'layout');
    const descriptor = await writeTestLayout(path, {
      ...{ platforms: { 'linux/amd64': LAYERS, 'linux/arm64': [Buffer.from('arm')] } },
      labels: { a: 'b' },
    });
    const layout = kind === 'folder' ? await openLayoutFolder(path) : await openLayoutTar(await tarOf(path));
    return { layout, descriptor };
  }

  test('shows its image with platforms, labels, layers and all blobs', async () => {
    const { layout, descriptor } = await openTestLayout();
    expect(layout.manifests.map(({ digest }) => digest)).toEqual([descriptor.digest]);
    const image = await readLayoutImage(layout, descriptor);
    expect(image.manifests.map(({ platform, labels, diffIds }) => ({ platform, labels, diffIds }))).toEqual([
      { platform: 'linux/amd64', labels: { a: 'b' }, diffIds: LAYERS.map((layer) => digestOfContent(layer)) },
      { platform: 'linux/arm64', labels: { a: 'b' }, diffIds: [digestOfContent('arm')] },
    ]);
    // An index, two manifests with a config each, three layers.
    expect(image.blobs).toHaveLength(8);
    await readWholeBlobs(layout, image.blobs);
  });

  test('gives a part of a blob', async () => {
    const { layout, descriptor } = await openTestLayout();
    const all = await readBlob(layout, descriptor.digest);
    const part = await buffer(await layout.open(descriptor.digest, { start: 3, end: 9 }));
    expect(part).toEqual(all.subarray(3, 10));
    expect(await layout.size(descriptor.digest)).toBe(all.length);
  });

  test('has no blob that it lacks', async () => {
    const { layout } = await openTestLayout();
    expect(await layout.size(digestOfContent('else'))).toBeUndefined();
    await expect(layout.open(digestOfContent('else'))).rejects.toThrow(
      /the blob sha256:[0-9a-f]{64} is missing/,
    );
  });
});

test.each([
  ['larger than what can be read at once', 2.5],
  ['larger than what octal digits can say', 9],
])('a file in an archive may be %s: only its index is read', async (_, gigabytes) => {
  const path = join(folder, 'layout');
  const descriptor = await writeTestLayout(path, { platforms: { 'linux/amd64': LAYERS } });
  // Before the others stands a file that takes no space on the disk.
  const size = gigabytes * 2 ** 30;
  const large = pack();
  large.entry({ name: 'large', size });
  const [header] = await once(large, 'data');
  large.destroy();
  const archive = join(folder, 'large.tar');
  await writeFile(archive, header);
  await truncate(archive, header.length + size);
  await appendFile(archive, await readFile(await tarOf(path)));
  const layout = await openLayoutTar(archive);
  expect(layout.manifests.map(({ digest }) => digest)).toEqual([descriptor.digest]);
});

test('a damaged blob is named', async () => {
  const descriptor = await writeTestLayout(folder, { platforms: { 'linux/amd64': LAYERS } });
  const layout = await openLayoutFolder(folder);
  const { blobs } = await readLayoutImage(layout, descriptor);
  const layer = blobs.at(-1)?.digest ?? digestOfContent('');
  const file = join(folder, blobPath(layer));
  const content = await readFile(file);
  content[20] = (content[20] ?? 0) ^ 1;
  await writeFile(file, content);
  await expect(readWholeBlobs(layout, blobs)).rejects.toThrow(`the blob ${layer} is damaged`);
  await writeFile(join(folder, blobPath(descriptor.digest)), '{}');
  await expect(readLayoutImage(layout, descriptor)).rejects.toThrow('is damaged');
});

test('an archive that is cut off, compressed or none is refused', async () => {
  const path = join(folder, 'layout');
  await writeTestLayout(path, { platforms: { 'linux/amd64': LAYERS } });
  await expect(openLayoutTar(await tarOf(path, '--gzip'))).rejects.toThrow('is no tar archive');
  const archive = await tarOf(path);
  for (const bytes of [2_048, 5_000]) {
    await truncate(archive, bytes);
    await expect(openLayoutTar(archive)).rejects.toThrow(/is cut off/);
    await tarOf(path);
  }
});

test('a folder without a layout is refused with what is missing', async () => {
  await expect(openLayoutFolder(folder)).rejects.toThrow('it has no file oci-layout');
  await LayoutFolder.make(folder);
  await expect(openLayoutFolder(folder)).rejects.toThrow('it has no file index.json');
  await writeFile(join(folder, 'index.json'), '{"manifests":[{"digest":"md5:1"}]}');
  await expect(openLayoutFolder(folder)).rejects.toThrow('without a SHA-256 digest');
});

test('a blob that arrives with another content is not kept', async () => {
  const layout = await LayoutFolder.make(folder);
  await expect(
    layout.writeBlob(Readable.from([Buffer.from('half')]), digestOfContent('whole')),
  ).rejects.toThrow('did not arrive whole');
  const broken = new Readable({ read() {} });
  broken.push('half');
  queueMicrotask(() => broken.destroy(new Error('cut off')));
  await expect(layout.writeBlob(broken)).rejects.toThrow('cut off');
  expect(await readdir(join(folder, 'blobs'), { recursive: true })).toEqual(['sha256']);
});
