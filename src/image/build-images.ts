import { type Digest, type PinnedImage, pinnedImage } from '../model/image.ts';
import { allOrThrow } from '../run/promises.ts';
import { buildAndTest } from './build-and-test.ts';
import { type BuildPlan, type BuildTask, planBuild } from './build-plan.ts';
import { checkBuildFiles } from './check-build-files.ts';
import { PhaseTimer } from './phase-timer.ts';
import { runnerPlatform } from './platforms.ts';
import { pushTested, pushUntested } from './push-images.ts';
import { choosePushMode } from './push-mode.ts';
import { Registry } from './registry.ts';
import { imageForPlatform } from './resolve-images.ts';
import { findReusableImages, type RemoteImages, tagReusedImages } from './reuse-images.ts';
import type { ImageContext } from './run-bake.ts';

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
  readonly durations: Readonly<Record<string, number>>;
}

/** What the registry was found to have. */
export interface BuildLookup {
  readonly plan: BuildPlan;
  readonly registry: Registry;
  /** `undefined` where something is to be built. */
  readonly remotes: RemoteImages | undefined;
}

/**
 * Looks what the registry has of a commit. Changes nothing.
 * @throws ConfigurationError for a tag, a test or a `build:` that can't be, SealiftError when the registry can't be reached.
 */
export async function lookUpBuild(task: BuildTask, context: ImageContext): Promise<BuildLookup> {
  const plan = planBuild(task, context.workspace);
  for (const line of plan.tags.skipped) context.tools.log.info(line);
  if (task.commit.note !== undefined) context.tools.log.info(task.commit.note);
  const registry = new Registry(context);
  const remotes = task.options.rebuild
    ? undefined
    : await findReusableImages(plan, task.commit, registry, context);
  return { plan, registry, remotes };
}

/** What would be used again; `undefined` when it would be built. */
export function reusableImages({ plan, remotes }: BuildLookup): BuiltImages | undefined {
  return remotes === undefined ? undefined : builtImagesFrom(plan, remotes, { reused: true, times: {} });
}

/**
 * From a commit to digests: what the registry has of this commit is used again; else all images are built in one go, tested,
 * pushed, proved to be what was tested, and tagged.
 *
 * @throws ConfigurationError for what the user can mend, SealiftError for what failed. Unless all tests passed, nothing was pushed.
 */
export async function buildImages(
  task: BuildTask,
  context: ImageContext,
  lookup: BuildLookup,
): Promise<BuiltImages> {
  const { plan, registry, remotes } = lookup;
  if (remotes !== undefined) {
    await tagReusedImages(plan, remotes, registry, context);
    return builtImagesFrom(plan, remotes, { reused: true, times: {} });
  }
  for (const { target, recipe } of plan.items) checkBuildFiles(target, recipe, context.workspace);
  warnOfUnusedCache(task, context);
  const timer = new PhaseTimer();
  const pushed = plan.items.some(({ tests }) => tests.length > 0)
    ? await testAndPush(lookup, timer, context)
    : await timer.time('build', () => pushUntested(lookup, context));
  return builtImagesFrom(plan, pushed, { reused: false, times: timer.times });
}

async function testAndPush(
  { plan, registry }: BuildLookup,
  timer: PhaseTimer,
  context: ImageContext,
): Promise<RemoteImages> {
  const [tested, pushMode] = await allOrThrow([buildAndTest(plan, timer, context), choosePushMode(context)]);
  return await timer.time('push', () => pushTested({ plan, tested, registry, pushMode }, context));
}

/** Outside a workflow buildx leaves GitHub's cache out without a word. */
function warnOfUnusedCache({ options }: BuildTask, { tools, environment }: ImageContext): void {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || 'ACTIONS_RUNTIME_TOKEN' in environment) return;
  tools.log.warning(
    'cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN.',
  );
}

function builtImagesFrom(
  plan: BuildPlan,
  remotes: RemoteImages,
  { reused, times }: { readonly reused: boolean; readonly times: Readonly<Record<string, number>> },
): BuiltImages {
  const images = new Map<string, PinnedImage>();
  const configs = new Map<string, Digest>();
  for (const [{ target }, remote] of remotes) {
    const config = (imageForPlatform(remote, runnerPlatform()) ?? [...remote.platforms.values()][0])?.config;
    for (const key of target.imageKeys) {
      images.set(key, pinnedImage(target.repository, remote.digest));
      if (config !== undefined) configs.set(key, config);
    }
  }
  const tested = plan.items.every(({ tests }) => tests.length > 0);
  return { images, configs, tags: plan.tags.tags, reused, tested, durations: times };
}
