import { randomUUID } from 'node:crypto';
import { SealiftError } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import { type BakeTarget, forCache, forTest } from './bake.ts';
import type { Clock } from './clock.ts';
import { type Draft, type Item, secretsOf } from './draft.ts';
import { enginePlatform, testPlatform } from './platforms.ts';
import { type Solved, solve, type Workshop } from './solve.ts';
import { loadedId, runTest } from './trial.ts';

/** @returns the digest of each tested image's config, and its platform; none where there is no test. */
export async function buildAndTest(
  draft: Draft,
  clock: Clock,
  shop: Workshop,
): Promise<ReadonlyMap<Item, Tested>> {
  const items = draft.items.filter(({ tests }) => tests.length > 0);
  const tested = new Map<Item, Tested>();
  if (items.length === 0) return tested;
  const own = await enginePlatform(shop.tools, shop.environment);
  const run = randomUUID().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run}`]));
  // All images, not only those with a test: what does not build must not be found out after a push.
  const targets = new Map<string, BakeTarget>();
  for (const item of draft.items) {
    const { recipe } = item;
    const platforms = recipe.target.platforms ?? [];
    const platform = testPlatform(platforms, own);
    const name = names.get(item);
    if (name === undefined) targets.set(recipe.id, { ...recipe.target, output: ['type=cacheonly'] });
    else targets.set(recipe.id, forTest(recipe, name, platform));
  }
  const secrets = secretsOf(draft.items);
  try {
    const solved = await clock.time('build', () => solve('The build', targets, secrets, shop));
    await clock.time('build', () => fillCache(items, own, secrets, shop));
    for (const [item, name] of names) {
      tested.set(item, await clock.time('test', () => test(item, name, solved, own, shop)));
    }
    return tested;
  } finally {
    await shop.tools
      .run('docker', ['image', 'rm', '--force', ...names.values()], { env: shop.environment, allow: [1] })
      .catch(() => undefined);
  }
}

/** An image that passed its test, by what it must be in the registry too. */
export interface Tested {
  /** `undefined` where buildx does not say: when it loads from a builder of its own into an engine with the containerd store. */
  readonly config: Digest | undefined;
  readonly manifest: Digest | undefined;
  readonly platform: string;
}

async function test(
  { recipe, target, tests }: Item,
  name: string,
  solved: ReadonlyMap<string, Solved>,
  own: string,
  shop: Workshop,
): Promise<Tested> {
  const { config, digest: manifest } = solved.get(recipe.id) ?? {};
  if (config === undefined && manifest === undefined)
    throw new SealiftError(`docker buildx did not say which image it built for ${name}. Update buildx.`);
  const id = await loadedId(name, shop);
  for (const argv of tests) await runTest(id, argv, target.service, shop);
  return { config, manifest, platform: testPlatform(recipe.target.platforms ?? [], own) ?? own };
}

/** With no-cache, the other platforms are built anew too before they are pushed from the cache. */
async function fillCache(
  items: readonly Item[],
  own: string,
  secrets: ReadonlyMap<string, string>,
  shop: Workshop,
): Promise<void> {
  const others = new Map<string, BakeTarget>();
  for (const { recipe } of items) {
    const platforms = recipe.target.platforms ?? [];
    const tested = testPlatform(platforms, own);
    const rest = platforms.filter((platform) => platform !== tested);
    if (recipe.target['no-cache'] === true && rest.length > 0) others.set(recipe.id, forCache(recipe, rest));
  }
  if (others.size > 0) await solve('The build for the other platforms', others, secrets, shop);
}
