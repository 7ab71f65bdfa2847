import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ImageDetails } from '../../src/engine/engine.ts';
import { resolveDirectly } from '../../src/image/resolve-directly.ts';
import { RunnerImages } from '../../src/image/runner-images.ts';
import type { Digest } from '../../src/model/image.ts';
import { MemoryEngine } from '../rollout/support/memory-engine.ts';
import { writeTestLayout } from '../support/oci-layout.ts';

const COMMIT = 'c'.repeat(40);
const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const REPOSITORY = 'ghcr.io/me/shop';
const LABELS = { 'org.opencontainers.image.revision': COMMIT };

let tools: string;
beforeEach(async () => {
  tools = await mkdtemp(join(tmpdir(), 'sealift-test-'));
  process.env['RUNNER_TOOL_CACHE'] = tools;
});
afterEach(async () => {
  delete process.env['RUNNER_TOOL_CACHE'];
  await rm(tools, { recursive: true });
});

/** Resolves references where a host has an image of the commit. */
async function resolve(...references: { readonly tag?: string; readonly digest?: Digest }[]) {
  const details: ImageDetails = {
    ...{ id: DIGEST, repoTags: [`${REPOSITORY}:${DIGEST.replace(':', '-')}`], repoDigests: [], layers: [] },
    ...{ size: 1, platform: 'linux/amd64', labels: LABELS },
  };
  const engine = Object.assign(new MemoryEngine(), {
    listImages: ({ label = [] }: { readonly label?: readonly string[] }) =>
      Promise.resolve(label.includes(`org.opencontainers.image.revision=${COMMIT}`) ? [details] : []),
    inspectImage: (name: string) =>
      Promise.resolve(name.endsWith(DIGEST.replace(':', '-')) ? details : undefined),
  });
  const named = new Map(
    references.map(({ tag, digest }, index) => [`service-${index}`, { repository: REPOSITORY, tag, digest }]),
  );
  const log = { info() {}, debug() {}, notice() {}, warning() {}, error() {} };
  return await resolveDirectly(named, () => Promise.resolve([engine]), { log });
}

test('an image that only a host has tells its commit, by its tag or its label', async () => {
  const images = new Map([['service-0', `${REPOSITORY}@${DIGEST}`]]);
  expect(await resolve({ tag: COMMIT })).toMatchObject({ images, revision: COMMIT, local: [] });
  expect(await resolve({ digest: DIGEST })).toMatchObject({ images, revision: COMMIT, local: [] });
});

test('an image that an earlier step left on the runner comes first, with the commit that its label says', async () => {
  const store = new RunnerImages();
  const path = await store.newFolder();
  const { digest } = await writeTestLayout(path, {
    ...{ platforms: { 'linux/amd64': [Buffer.from('app')] }, labels: LABELS },
  });
  await store.keep(path, { repository: REPOSITORY, digest, tags: ['v1'], fingerprint: undefined });
  const found = await resolve({ tag: 'v1' });
  expect(found).toMatchObject({ revision: COMMIT, tags: ['v1'] });
  expect(found.local.map(({ name }) => name)).toEqual([`${REPOSITORY}@${digest}`]);
});

test('images of two commits have none in common', async () => {
  const store = new RunnerImages();
  const path = await store.newFolder();
  const { digest } = await writeTestLayout(path, {
    ...{ platforms: { 'linux/amd64': [Buffer.from('app')] }, labels: {} },
  });
  await store.keep(path, { repository: REPOSITORY, digest, tags: ['v1'], fingerprint: undefined });
  expect((await resolve({ tag: 'v1' }, { digest: DIGEST })).revision).toBeUndefined();
});

test('what neither the runner nor a host has is named', async () => {
  await expect(resolve({ tag: 'v9' })).rejects.toThrow(
    `image: ${REPOSITORY}:v9 is neither on this runner nor on a host`,
  );
});
