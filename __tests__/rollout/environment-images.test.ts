import { expect, test } from '@jest/globals';
import type { ImageDetails } from '../../src/engine/engine.ts';
import { findEnvironmentImages } from '../../src/rollout/environment-images.ts';
import { makeRelease } from '../plan/world.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const APP = { app: 'shop', environment: 'test' };
const RELEASE = makeRelease('22222222', { web: 'served' });
const DIGEST = '22222222'.padEnd(64, '0');
const TAG = `shop:sha256-${DIGEST}`;

/** What is found on a host that has one image, with these tags. */
async function find(...repoTags: readonly string[]) {
  const image: ImageDetails = {
    ...{ id: 'id', repoTags, repoDigests: [`shop@sha256:${DIGEST}`], layers: [], size: 1 },
    platform: 'linux/amd64',
  };
  const own = repoTags.some((tag) => tag.startsWith('sealift/shop-test:'));
  const engine = Object.assign(new MemoryEngine(), {
    listImages: () => Promise.resolve(own ? [image] : []),
    inspectImage: (name: string) => Promise.resolve(['id', ...repoTags].includes(name) ? image : undefined),
  });
  return await findEnvironmentImages(engine, APP, [RELEASE], new Set());
}

test('an image whose tag was pruned is found by what is recorded of its release', async () => {
  expect(await find(TAG)).toEqual([
    { id: 'id', tags: [], digests: [`shop@sha256:${DIGEST}`, TAG], usedElsewhere: false },
  ]);
  expect(await find()).toEqual([]);
});

test('it is found once if it has the tag too; one that only somebody else has tagged is not of the environment', async () => {
  const own = 'sealift/shop-test:22222222-0';
  expect(await find(TAG, own)).toMatchObject([{ tags: [own], usedElsewhere: false }]);
  expect(await find(TAG, own, 'mine:latest')).toMatchObject([{ tags: [own], usedElsewhere: true }]);
  expect(await find(TAG, 'mine:latest')).toEqual([]);
});
