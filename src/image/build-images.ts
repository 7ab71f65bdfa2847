import { type Digest, type PinnedImage, pinnedImage } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import { thisJob } from '../model/place-words.ts';
import { allOrThrow } from '../run/promises.ts';
import { buildAndTest } from './build-and-test.ts';
import { type BuildItem, type BuildPlan, type BuildTask, planBuild } from './build-plan.ts';
import { checkBuildFiles } from './check-build-files.ts';
import { requireDockerHubLogin } from './docker-hub.ts';
import type { ImageContext } from './image-context.ts';
import { PhaseTimer } from './phase-timer.ts';
import { pushTested, pushUntested } from './push-images.ts';
import { choosePushMode } from './push-mode.ts';
import { Registry } from './registry.ts';
import { findReusableImages, type RemoteImages, tagReusedImages } from './reuse-images.ts';

/** Images that are in the registry, by digest. */
export interface BuiltImages {
  /** By service, and under '' what `${IMAGE}` stands for. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  /** Without the repository, the commit's SHA first. */
  readonly tags: readonly string[];
  /** Whether the registry had them already. */
  readonly reused: boolean;
  /** Whether every image passed a test, now or in the step that built it. */
  readonly tested: boolean;
  /** Milliseconds by phase: `build`, `test`, `push`. */
  readonly durations: Readonly<Record<string, number>>;
}

export interface BuildLookup {
  readonly plan: BuildPlan;
  readonly registry: Registry;
  /** The images that the registry has; `undefined` if they must be built. */
  readonly remotes: RemoteImages | undefined;
}

/**
 * Looks up what the registry has of a commit. Changes nothing.
 * @throws ConfigurationError for an invalid tag, test or `build:`; SealiftError when the registry can't be reached
 */
export async function lookUpBuild(task: BuildTask, context: ImageContext): Promise<BuildLookup> {
  const plan = planAndLog(task, context);
  const registry = new Registry(context);
  const remotes = task.options.rebuild
    ? undefined
    : await findReusableImages(plan, task.commit, registry, context);
  return { plan, registry, remotes };
}

/** Plans a build, and logs what the reader of its tags should know. */
export function planAndLog(task: BuildTask, { workspace, log }: ImageContext): BuildPlan {
  const plan = planBuild(task, workspace);
  for (const line of plan.tags.skipped) log.info(line);
  if (task.commit.note !== undefined) log.info(task.commit.note);
  return plan;
}

/** The images that would be reused; `undefined` if they would be built. */
export function reusableImages({ plan, remotes }: BuildLookup): BuiltImages | undefined {
  return remotes === undefined ? undefined : builtImagesFrom(plan, remotes);
}

/**
 * From a commit to digests. Images of this commit that the registry has are reused. Otherwise all images are built in one
 * run, tested, pushed, verified to be the tested ones, and tagged.
 *
 * @throws ConfigurationError for what the user can fix; SealiftError for what failed. Nothing is pushed unless all tests pass.
 */
export async function buildImages(
  task: BuildTask,
  context: ImageContext,
  lookup: BuildLookup,
): Promise<BuiltImages> {
  const { plan, registry, remotes } = lookup;
  if (remotes !== undefined) {
    await tagReusedImages(plan, remotes, registry, context);
    return builtImagesFrom(plan, remotes);
  }
  checkBuild(task, plan, context);
  await requireDockerHubLogin(plan, context);
  const timer = new PhaseTimer();
  const pushed = plan.items.some(({ tests }) => tests.length > 0)
    ? await testAndPush(lookup, timer, context)
    : await timer.time('build', () => pushUntested(lookup, context));
  return builtImagesFrom(plan, pushed, timer.durations);
}

/** @throws ConfigurationError for files that a build needs and the checkout lacks */
export function checkBuild(task: BuildTask, { items }: BuildPlan, context: ImageContext): void {
  for (const { image, recipe } of items) checkBuildFiles(image, recipe, context.workspace);
  warnOfUnusedCache(task, context);
}

async function testAndPush(
  { plan, registry }: BuildLookup,
  timer: PhaseTimer,
  context: ImageContext,
): Promise<RemoteImages> {
  const [tested, pushMode] = await allOrThrow([buildAndTest(plan, timer, context), choosePushMode(context)]);
  return await timer.time('push', () => pushTested({ plan, tested, registry, pushMode }, context));
}

/** Outside a workflow buildx ignores GitHub's cache without a message. */
function warnOfUnusedCache({ options }: BuildTask, { log, environment }: ImageContext): void {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || 'ACTIONS_RUNTIME_TOKEN' in environment) return;
  log.warning(
    `${inputRef('cache-from')}, ${inputRef('cache-to')}: type=gha has no effect, because ${thisJob()} has no ACTIONS_RUNTIME_TOKEN.`,
  );
}

/** @param durations `undefined` for images that are reused */
export function builtImagesFrom(
  { items, tags }: BuildPlan,
  remotes: ReadonlyMap<BuildItem, { readonly digest: Digest }>,
  durations?: BuiltImages['durations'],
): BuiltImages {
  const images = [...remotes].flatMap(([{ image }, { digest }]) =>
    image.imageKeys.map((key) => [key, pinnedImage(image.repository, digest)] as const),
  );
  return {
    images: new Map(images),
    tags: tags.tags,
    reused: durations === undefined,
    tested: items.every(({ tests }) => tests.length > 0),
    durations: durations ?? {},
  };
}
