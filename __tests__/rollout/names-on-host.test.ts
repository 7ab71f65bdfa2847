import { expect, test } from '@jest/globals';
import type { ImageDetails } from '../../src/engine/engine.ts';
import { type Digest, pinnedImage } from '../../src/model/image.ts';
import { findReleaseImage, withNamesOnHost } from '../../src/rollout/names-on-host.ts';
import { chainOf } from '../../src/transfer/known-layers.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const CONFIG = `sha256:${'c'.repeat(64)}`;
const LAYERS = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const image = pinnedImage('registry.example.com/me/shop', DIGEST);
const TAG = `registry.example.com/me/shop:sha256-${'a'.repeat(64)}`;

/** A host with images by name, and a release that has one of them. */
function hostWith(
  images: Readonly<Record<string, Partial<ImageDetails>>>,
  { inRegistry = false }: { readonly inRegistry?: boolean } = {},
) {
  const none: ImageDetails = {
    ...{ id: CONFIG, repoTags: [], repoDigests: [], layers: [], size: 1, platform: 'linux/amd64' },
  };
  const asked: string[] = [];
  const engine = Object.assign(new MemoryEngine(), {
    inspectImage(name: string) {
      asked.push(name);
      const found = images[name];
      return Promise.resolve(found && { ...none, ...found });
    },
  });
  const made = makeRelease(releaseId('22222222'), { web: 'worker' });
  const [web] = Object.values(made.services);
  if (web === undefined) throw new Error('The release has no service.');
  const release = {
    ...made,
    services: { web: { ...web, image } },
    origin: inRegistry
      ? made.origin
      : {
          ...made.origin,
          imageTransfer: 'direct' as const,
          imageIds: { [image]: [DIGEST, CONFIG] },
          imageChains: { [image]: [chainOf(LAYERS)] },
        },
  };
  const context = testHostContext(engine, new AbortController().signal);
  return { ...context, releases: new Map([[release.id, release]]), asked };
}

test('an image that the engine knows by its digest has that name', async () => {
  const host = hostWith({ [image]: {} });
  expect((await findReleaseImage(host, image))?.name).toBe(image);
  expect(host.asked).toEqual([image]);
});

test('one that came as an archive is found by the tag that says its digest, if it is what was recorded', async () => {
  const host = hostWith({ [TAG]: {} });
  expect((await findReleaseImage(host, image))?.name).toBe(TAG);
  expect(host.runState.imageNames.get(image)).toBe(TAG);
});

test('one whose tag was moved is refused, unless the engine itself has recorded the digest', async () => {
  const moved = { id: `sha256:${'d'.repeat(64)}` };
  await expect(findReleaseImage(hostWith({ [TAG]: moved }), image)).rejects.toThrow(
    `${TAG} is another image than the one that was deployed under this name: ${moved.id}.`,
  );
  const pulled = { ...moved, repoDigests: [`127.0.0.1:4000/me/shop@${DIGEST}`] };
  expect((await findReleaseImage(hostWith({ [TAG]: pulled }), image))?.name).toBe(TAG);
});

test('a copy that another image store gave a new id is known by its layers', async () => {
  const copy = { id: `sha256:${'e'.repeat(64)}`, layers: LAYERS };
  expect((await findReleaseImage(hostWith({ [TAG]: copy }), image))?.name).toBe(TAG);
  const other = { ...copy, layers: LAYERS.slice(0, 1) };
  await expect(findReleaseImage(hostWith({ [TAG]: other }), image)).rejects.toThrow('is another image');
});

test('Compose gets the name that the host knows, and no other image is touched', async () => {
  const services = { web: { image }, copy: { image }, db: { image: 'postgres:17' }, other: {} };
  const named = await withNamesOnHost(hostWith({ [TAG]: {} }), { services });
  expect(named.services).toEqual({
    ...{ web: { image: TAG }, copy: { image: TAG }, db: { image: 'postgres:17' }, other: {} },
  });
  const known = hostWith({ [image]: {} });
  expect((await withNamesOnHost(known, { services })).services).toEqual(services);
});

test('an image that is in a registry is not looked for', async () => {
  const host = hostWith({}, { inRegistry: true });
  await withNamesOnHost(host, { services: { web: { image } } });
  expect(host.asked).toEqual([]);
});
