import { randomUUID } from 'node:crypto';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { type BakeTarget, targetForCache, targetForTest } from './bake-definition.ts';
import { type BuildItem, type BuildPlan, buildSecretsOf } from './build-plan.ts';
import { loadedImageId, runImageTest } from './image-test.ts';
import type { PhaseTimer } from './phase-timer.ts';
import { enginePlatform, testPlatform } from './platforms.ts';
import { type BakeResult, type ImageContext, runBake } from './run-bake.ts';

/** @returns the digest of each tested image's config, and its platform; none where there is no test. */
export async function buildAndTest(
  plan: BuildPlan,
  timer: PhaseTimer,
  context: ImageContext,
): Promise<ReadonlyMap<BuildItem, TestedImage>> {
  const items = plan.items.filter(({ tests }) => tests.length > 0);
  const tested = new Map<BuildItem, TestedImage>();
  if (items.length === 0) return tested;
  const enginePlatformName = await enginePlatform(context.tools, context.environment);
  const run = randomUUID().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run}`]));
  // All images, not only those with a test: what does not build must not be found out after a push.
  const targets = new Map<string, BakeTarget>();
  for (const item of plan.items) {
    const { recipe } = item;
    const platforms = recipe.target.platforms ?? [];
    const platform = testPlatform(platforms, enginePlatformName);
    const name = names.get(item);
    if (name === undefined) targets.set(recipe.id, { ...recipe.target, output: ['type=cacheonly'] });
    else targets.set(recipe.id, targetForTest(recipe, name, platform));
  }
  const secrets = buildSecretsOf(plan.items);
  try {
    const built = await timer.time('build', () => runBake('The build', targets, secrets, context));
    await timer.time('build', () => cacheOtherPlatforms(items, enginePlatformName, secrets, context));
    for (const [item, name] of names) {
      tested.set(
        item,
        await timer.time('test', () => testImage(item, name, built, enginePlatformName, context)),
      );
    }
    return tested;
  } finally {
    await context.tools
      .run('docker', ['image', 'rm', '--force', ...names.values()], {
        env: context.environment,
        allowedExitCodes: [1],
      })
      .catch(() => undefined);
  }
}

/** An image that passed its test, by what it must be in the registry too. */
export interface TestedImage {
  /** `undefined` where buildx does not say: when it loads from a builder of its own into an engine with the containerd store. */
  readonly config: Digest | undefined;
  readonly manifest: Digest | undefined;
  readonly platform: string;
}

async function testImage(
  { recipe, target, tests }: BuildItem,
  name: string,
  built: ReadonlyMap<string, BakeResult>,
  enginePlatformName: string,
  context: ImageContext,
): Promise<TestedImage> {
  const { config, digest: manifest } = built.get(recipe.id) ?? {};
  if (config === undefined && manifest === undefined)
    throw new SealiftError(`docker buildx did not say which image it built for ${name}. Update buildx.`);
  const id = await loadedImageId(name, context);
  for (const argv of tests) await runImageTest(id, argv, target.service, context);
  return {
    config,
    manifest,
    platform: testPlatform(recipe.target.platforms ?? [], enginePlatformName) ?? enginePlatformName,
  };
}

/** With no-cache, the other platforms are built anew too before they are pushed from the cache. */
async function cacheOtherPlatforms(
  items: readonly BuildItem[],
  enginePlatformName: string,
  secrets: ReadonlyMap<string, string>,
  context: ImageContext,
): Promise<void> {
  const others = new Map<string, BakeTarget>();
  for (const { recipe } of items) {
    const platforms = recipe.target.platforms ?? [];
    const tested = testPlatform(platforms, enginePlatformName);
    const rest = platforms.filter((platform) => platform !== tested);
    if (recipe.target['no-cache'] === true && rest.length > 0)
      others.set(recipe.id, targetForCache(recipe, rest));
  }
  if (others.size > 0) await runBake('The build for the other platforms', others, secrets, context);
}
