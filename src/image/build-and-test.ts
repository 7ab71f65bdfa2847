import { randomUUID } from 'node:crypto';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { targetForCache, targetForTest } from './bake-definition.ts';
import { type BuildItem, type BuildPlan, buildSecretsOf } from './build-plan.ts';
import type { ImageContext } from './image-context.ts';
import { loadedImageId, runImageTest } from './image-test.ts';
import type { PhaseTimer } from './phase-timer.ts';
import { enginePlatform, testPlatform } from './platforms.ts';
import { removeLocalImages } from './push-mode.ts';
import { type BakeResult, runBake } from './run-bake.ts';

/** An image that passed its test, with the digests that it must have in the registry too. */
export interface TestedImage {
  /** `undefined` where buildx does not report it: when a separate builder loads into an engine with the containerd store. */
  readonly config: Digest | undefined;
  readonly manifest: Digest | undefined;
  readonly platform: string;
}

/** @returns the tested images; images without a test are left out */
export async function buildAndTest(
  plan: BuildPlan,
  timer: PhaseTimer,
  context: ImageContext,
): Promise<ReadonlyMap<BuildItem, TestedImage>> {
  const items = plan.items.filter(({ tests }) => tests.length > 0);
  const tested = new Map<BuildItem, TestedImage>();
  if (items.length === 0) return tested;
  const ownPlatform = await enginePlatform(context);
  const run = randomUUID().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run}`]));
  // All images, also those without a test: a build must not fail after another image was pushed.
  const targets = plan.items.map((item) => {
    const { recipe } = item;
    const name = names.get(item);
    const platform = testPlatform(recipe.target.platforms, ownPlatform);
    return [
      recipe.id,
      name === undefined ? targetForCache(recipe) : targetForTest(recipe, name, platform),
    ] as const;
  });
  const secrets = buildSecretsOf(plan.items);
  try {
    const built = await timer.time('build', () => runBake('The build', new Map(targets), secrets, context));
    await timer.time('build', () => cacheOtherPlatforms(items, ownPlatform, secrets, context));
    for (const [item, name] of names) {
      const result = built.get(item.recipe.id);
      const image = await timer.time('test', () => testImage(item, name, result, ownPlatform, context));
      tested.set(item, image);
    }
    return tested;
  } finally {
    await removeLocalImages([...names.values()], context);
  }
}

async function testImage(
  { recipe, image, tests }: BuildItem,
  name: string,
  { config, digest: manifest }: Partial<BakeResult> = {},
  ownPlatform: string,
  context: ImageContext,
): Promise<TestedImage> {
  if (config === undefined && manifest === undefined)
    throw new SealiftError(`docker buildx did not report which image it built for ${name}. Update buildx.`);
  const id = await loadedImageId(name, context);
  for (const argv of tests) await runImageTest(id, argv, image.service, context);
  return { config, manifest, platform: testPlatform(recipe.target.platforms, ownPlatform) ?? ownPlatform };
}

/** With no-cache or no-cache-filter, the other platforms are rebuilt too before they are pushed from the cache. */
async function cacheOtherPlatforms(
  items: readonly BuildItem[],
  ownPlatform: string,
  secrets: ReadonlyMap<string, string>,
  context: ImageContext,
): Promise<void> {
  const others = items.flatMap(({ recipe }) => {
    const { platforms = [], 'no-cache': noCache, 'no-cache-filter': filter = [] } = recipe.target;
    const tested = testPlatform(platforms, ownPlatform);
    const rest = platforms.filter((platform) => platform !== tested);
    const rebuilds = noCache || filter.length > 0;
    return rebuilds && rest.length > 0 ? [[recipe.id, targetForCache(recipe, rest)] as const] : [];
  });
  if (others.length > 0)
    await runBake('The build for the other platforms', new Map(others), secrets, context);
}
