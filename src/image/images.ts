import { type Digest, type PinnedImage, pinned } from '../model/image.ts';
import { together } from '../run/side-by-side.ts';
import { Clock } from './clock.ts';
import { type BuildTask, type Draft, draftOf } from './draft.ts';
import { checkFiles } from './files.ts';
import { forPlatform } from './given.ts';
import { runnerPlatform } from './platforms.ts';
import { publish, publishUntested } from './publish.ts';
import { Registry } from './registry.ts';
import { buildAndTest } from './rehearsal.ts';
import { findAll, type Remotes, retag } from './reuse.ts';
import type { Workshop } from './solve.ts';
import { chooseStage } from './stage.ts';

/** Images that are in the registry, by digest. */
export interface BuiltImages {
  /** By service, and under '' what `${IMAGE}` stands for. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  /** Digest of each image's config, of the runner's platform: what an engine runs. */
  readonly configs: ReadonlyMap<string, Digest>;
  /** Without the repository, the commit's SHA first. */
  readonly tags: readonly string[];
  /** The registry had them already. */
  readonly reused: boolean;
  /** Every image passed a test, now or in the step that built it. */
  readonly tested: boolean;
  /** Milliseconds by part: `build`, `test`, `push`. */
  readonly times: Readonly<Record<string, number>>;
}

/** What the registry was found to have. */
export interface Found {
  readonly draft: Draft;
  readonly registry: Registry;
  /** `undefined` where something is to be built. */
  readonly remotes: Remotes | undefined;
}

/**
 * Looks what the registry has of a commit. Changes nothing.
 * @throws ConfigurationError for a tag, a test or a `build:` that can't be, SealiftError when the registry can't be reached.
 */
export async function lookFor(task: BuildTask, shop: Workshop): Promise<Found> {
  const draft = draftOf(task, shop.workspace);
  for (const line of draft.tags.skipped) shop.tools.log.info(line);
  if (task.commit.note !== undefined) shop.tools.log.info(task.commit.note);
  const registry = new Registry(shop);
  const remotes = task.options.rebuild ? undefined : await findAll(draft, task.commit, registry, shop);
  return { draft, registry, remotes };
}

/** What would be used again; `undefined` when it would be built. */
export function reusable({ draft, remotes }: Found): BuiltImages | undefined {
  return remotes === undefined ? undefined : result(draft, remotes, { reused: true, times: {} });
}

/**
 * From a commit to digests: what the registry has of this commit is used again; else all images are built in one go, tested,
 * pushed, proved to be what was tested, and tagged.
 *
 * @throws ConfigurationError for what the user can mend, SealiftError for what failed. Unless all tests passed, nothing was pushed.
 */
export async function buildImages(task: BuildTask, shop: Workshop, found: Found): Promise<BuiltImages> {
  const { draft, registry, remotes } = found;
  if (remotes !== undefined) {
    await retag(draft, remotes, registry, shop);
    return result(draft, remotes, { reused: true, times: {} });
  }
  for (const { target, recipe } of draft.items) checkFiles(target, recipe, shop.workspace);
  warnOfCache(task, shop);
  const clock = new Clock();
  const pushed = draft.items.some(({ tests }) => tests.length > 0)
    ? await testAndPublish(found, clock, shop)
    : await clock.time('build', () => publishUntested(found, shop));
  return result(draft, pushed, { reused: false, times: clock.times });
}

async function testAndPublish({ draft, registry }: Found, clock: Clock, shop: Workshop): Promise<Remotes> {
  const [tested, stage] = await together([buildAndTest(draft, clock, shop), chooseStage(shop)]);
  return await clock.time('push', () => publish({ draft, tested, registry, stage }, shop));
}

/** Outside a workflow buildx leaves GitHub's cache out without a word. */
function warnOfCache({ options }: BuildTask, { tools, environment }: Workshop): void {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || 'ACTIONS_RUNTIME_TOKEN' in environment) return;
  tools.log.warning(
    'cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN.',
  );
}

function result(
  draft: Draft,
  remotes: Remotes,
  { reused, times }: { readonly reused: boolean; readonly times: Readonly<Record<string, number>> },
): BuiltImages {
  const images = new Map<string, PinnedImage>();
  const configs = new Map<string, Digest>();
  for (const [{ target }, remote] of remotes) {
    const config = (forPlatform(remote, runnerPlatform()) ?? [...remote.platforms.values()][0])?.config;
    for (const key of target.keys) {
      images.set(key, pinned(target.repository, remote.digest));
      if (config !== undefined) configs.set(key, config);
    }
  }
  const tested = draft.items.every(({ tests }) => tests.length > 0);
  return { images, configs, tags: draft.tags.tags, reused, tested, times };
}
