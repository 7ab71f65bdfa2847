import { SealiftError } from '../model/errors.ts';
import { type Digest, type PinnedImage, pinned } from '../model/image.ts';
import { forPush } from './bake.ts';
import { Clock } from './clock.ts';
import { type BuildTask, type Draft, draftOf, type Item, secretsOf } from './draft.ts';
import { checkFiles } from './files.ts';
import { configOf } from './given.ts';
import { runnerPlatform } from './platforms.ts';
import { Registry, type RemoteImage } from './registry.ts';
import { buildAndTest, type Tested } from './rehearsal.ts';
import { findAll, type Remotes, retag } from './reuse.ts';
import { type Solved, solve, type Workshop } from './solve.ts';

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
 * pushed, and proved to be what was tested.
 *
 * @throws ConfigurationError for what the user can mend, SealiftError for what failed. Unless all tests passed, nothing was pushed.
 */
export async function buildImages(
  task: BuildTask,
  shop: Workshop,
  { draft, registry, remotes }: Found,
): Promise<BuiltImages> {
  if (remotes !== undefined) {
    await retag(draft, remotes, registry, shop);
    return result(draft, remotes, { reused: true, times: {} });
  }
  for (const { target, recipe } of draft.items) checkFiles(target, recipe, shop.workspace);
  warnOfCache(task, shop);
  const clock = new Clock();
  const tested = await buildAndTest(draft, clock, shop);
  const pushed = await clock.time(tested.size > 0 ? 'push' : 'build', () => push(draft, tested, shop));
  const proved = await verified(draft, pushed, tested, registry, shop);
  return result(draft, proved, { reused: false, times: clock.times });
}

/** Outside a workflow buildx leaves GitHub's cache out without a word. */
function warnOfCache({ options }: BuildTask, { tools, environment }: Workshop): void {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || 'ACTIONS_RUNTIME_TOKEN' in environment) return;
  tools.log.warning(
    'cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN.',
  );
}

async function push(
  draft: Draft,
  tested: ReadonlyMap<Item, Tested>,
  shop: Workshop,
): Promise<ReadonlyMap<string, Solved>> {
  const targets = new Map(
    draft.items.map(({ recipe, target }) => {
      const references = draft.tags.tags.map((tag) => `${target.repository}:${tag}`);
      return [recipe.id, forPush(recipe, references, tested.size > 0)];
    }),
  );
  return solve('The push', targets, secretsOf(draft.items), shop);
}

/** @throws SealiftError when the registry holds another image than the one that was tested. */
async function verified(
  draft: Draft,
  pushed: ReadonlyMap<string, Solved>,
  tested: ReadonlyMap<Item, Tested>,
  registry: Registry,
  { tools }: Workshop,
): Promise<Remotes> {
  const remotes = new Map<Item, RemoteImage>();
  for (const item of draft.items) {
    const { repository } = item.target;
    const digest = pushed.get(item.recipe.id)?.digest;
    const reference =
      digest === undefined ? `${repository}:${draft.tags.tags[0]}` : pinned(repository, digest);
    const remote = await registry.inspect(reference);
    if (remote === undefined)
      throw new SealiftError(`${reference} was pushed, and the registry does not have it.`);
    proveSame(item, tested.get(item), remote, reference);
    remotes.set(item, remote);
    tools.log.info(`Pushed ${pinned(repository, remote.digest)} as ${draft.tags.tags.join(', ')}.`);
  }
  return remotes;
}

function proveSame(item: Item, tested: Tested | undefined, remote: RemoteImage, reference: string): void {
  if (tested === undefined) return;
  const config = configOf(remote, tested.platform);
  if (config === tested.config) return;
  throw new SealiftError(
    `${reference} is not what was tested: its config is ${config ?? `not there for ${tested.platform}`}, the tested one ${tested.config}. ` +
      `A base image may have changed in between, or the builder lost its cache. Run the job again with rebuild: true.${item.target.service === '' ? '' : ` (${item.target.service})`}`,
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
    const config = configOf(remote, runnerPlatform()) ?? [...remote.platforms.values()][0]?.config;
    for (const key of target.keys) {
      images.set(key, pinned(target.repository, remote.digest));
      if (config !== undefined) configs.set(key, config);
    }
  }
  const tested = draft.items.every(({ tests }) => tests.length > 0);
  return { images, configs, tags: draft.tags.tags, reused, tested, times };
}
