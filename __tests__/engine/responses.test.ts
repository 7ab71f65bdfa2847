import { expect, test } from '@jest/globals';
import { Fields } from '../../src/engine/fields.ts';
import { parseImageDetails } from '../../src/engine/responses.ts';

test('a reference by digest is no tag, although the containerd image store lists it as one', () => {
  const digest = `redis@sha256:${'1'.repeat(64)}`;
  const own = `sealift/shop-test@sha256:${'1'.repeat(64)}`;
  const image = { RepoTags: [digest, 'sealift/shop-test:a-0'], RepoDigests: [digest, own] };
  expect(parseImageDetails(new Fields(image))).toMatchObject({
    repoTags: ['sealift/shop-test:a-0'],
    repoDigests: [digest, own],
  });
});
