import { mkdtemp, readdir, rm, truncate, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RunnerImages } from '../../src/image/runner-images.ts';
import { blobPath } from '../../src/oci/layout.ts';
import { writeTestLayout } from '../support/oci-layout.ts';

let folder: string;
let store: RunnerImages;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'sealift-test-')), 'images');
  store = new RunnerImages(folder);
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

/** Keeps an image whose only layer has this content. */
async function keep(content: string, { repository = 'me/shop', tag = content } = {}) {
  const path = await store.newFolder();
  const { digest } = await writeTestLayout(path, { platforms: { 'linux/amd64': [Buffer.from(content)] } });
  return await store.keep(path, { repository, digest, tags: [tag], fingerprint: 'f' });
}

test('an image that a step has kept is found by a later one', async () => {
  const kept = await keep('one');
  await keep('one', { repository: 'me/other', tag: 'other' });
  const found = await new RunnerImages(folder).find(({ tags }) => tags.includes('one'));
  expect(found?.image.name).toBe(kept.name);
  expect(found).toMatchObject({ repository: 'me/shop', digest: kept.image.descriptor.digest });
  expect(await store.find(({ tags }) => tags.includes('two'))).toBeUndefined();
});

test('the same image that is kept again is there once, with its newest tags', async () => {
  await keep('one');
  await keep('one', { tag: 'again' });
  expect(await readdir(folder)).toHaveLength(1);
  expect((await store.find(() => true))?.tags).toEqual(['again']);
});

test('of a repository, the five that were used last stay, and what a killed step left goes after a day', async () => {
  const first = await keep('0');
  for (const content of ['1', '2', '3', '4']) await keep(content);
  const other = await keep('5', { repository: 'me/other' });
  await store.find(({ digest }) => digest === first.image.descriptor.digest);
  const left = await store.newFolder();
  await writeTestLayout(left, { platforms: { 'linux/amd64': [Buffer.from('left')] } });
  const days = Date.now() / 1000 - 2 * 24 * 3600;
  await utimes(left, days, days);
  await keep('6');
  const has = async (content: string) => (await store.find(({ tags }) => tags[0] === content)) !== undefined;
  expect(await Promise.all(['0', '1', '2', '3', '4', '6'].map(has))).toEqual([
    ...[true, false, true, true, true, true],
  ]);
  expect(await has('5')).toBe(true);
  expect(other.name).toContain('me/other@');
  expect((await readdir(folder)).filter((name) => name.startsWith('part-'))).toEqual([]);
});

test('an image of which a blob is not whole is none', async () => {
  const { layout, image } = await keep('one');
  await truncate(join(layout.path, blobPath(image.blobs.at(-1)?.digest ?? image.descriptor.digest)), 3);
  expect(await store.find(() => true)).toBeUndefined();
});
