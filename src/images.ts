import type { House } from './house.ts';
import type { BuildTask } from './image/draft.ts';
import { type GivenImages, resolveImages } from './image/given.ts';
import { buildImages, type Found, lookFor, reusable } from './image/images.ts';
import { login } from './image/login.ts';
import { PATIENCE } from './image/retry.ts';
import type { Workshop } from './image/solve.ts';
import { placeholder, planTargets } from './image/targets.ts';
import type { PinnedImage } from './model/image.ts';
import type { ImageSource, RegistryCredentials } from './model/request.ts';
import type { Resolved } from './release/compose/resolve.ts';
import { group } from './report/console.ts';
import { heldLog } from './report/held.ts';
import { begun } from './run/side-by-side.ts';

/** Images by digest, and the environment in which `docker` may pull them. */
export interface Images {
  /** By service, and under '' what `${IMAGE}` stands for. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  readonly tags: readonly string[];
  /** The commit that they were built from, as far as is known. */
  readonly revision: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Images that were asked for: the registry is being asked what it has, while other things are done and told. */
export interface Order {
  /** Tells what the registry has, and makes what is to be made. */
  fill(): Promise<Images>;
  /** Ends what is still under way; nothing of it is left when this resolves. */
  close(): Promise<void>;
}

/** The Compose file; `undefined` where there is none. */
interface Reading {
  readonly resolved: Pick<Resolved, 'config' | 'contents'> | undefined;
}

/**
 * Asks for the images that the Compose file and the inputs describe. Logs in and looks at once; changes nothing until it is
 * to be filled.
 * @param reading waited for only where something is to be built
 */
export function orderImages(
  { source, registry }: { readonly source: ImageSource; readonly registry: RegistryCredentials },
  reading: Promise<Reading>,
  { dryRun }: { readonly dryRun: boolean },
  house: House,
): Order {
  const closed = new AbortController();
  const log = heldLog(house.tools.log);
  const early: House = {
    ...house,
    tools: { ...house.tools, log },
    signal: AbortSignal.any([house.signal, closed.signal]),
  };
  const order =
    source.kind === 'build'
      ? toBuild(source, registry, reading, dryRun, early)
      : toFind(source, registry, early);
  return {
    fill: () => order.fill(() => log.release()),
    async close() {
      closed.abort(new Error('What was looked for is no longer needed.'));
      await order.looking.catch(() => undefined);
      log.release();
    },
  };
}

interface Looking {
  readonly looking: Promise<unknown>;
  fill(tell: () => void): Promise<Images>;
}

/** Builds, tests and pushes, unless the registry has it. */
function toBuild(
  source: ImageSource & { readonly kind: 'build' },
  registry: RegistryCredentials,
  reading: Promise<Reading>,
  dryRun: boolean,
  house: House,
): Looking {
  const look = async (): Promise<{ task: BuildTask; shop: Workshop; found: Found }> => {
    const { resolved } = await reading;
    const targets = planTargets(resolved?.config, source);
    const contents = resolved?.contents ?? new Map<string, string>();
    const task: BuildTask = { targets, options: source.options, commit: house.commit, contents };
    const repositories = targets.map((target) => target.repository);
    const shop = await workshop(registry, repositories, house);
    return { task, shop, found: await lookFor(task, shop) };
  };
  const looking = begun(look());
  return {
    looking,
    fill: (tell) =>
      group(dryRun ? 'Look for the image' : 'Build, test and push', async () => {
        tell();
        const { task, shop, found } = await looking;
        const known = { revision: house.commit.sha, environment: shop.environment };
        if (dryRun) return { ...foreseen(task, found, source.repository, house), ...known };
        const { images, tags, reused, tested, times } = await buildImages(task, shop, found);
        const build = { reused, tested, times };
        Object.assign(house.report, { images: Object.fromEntries(images), tags, build });
        return { images, tags, ...known };
      }),
  };
}

/** In a dry run nothing is built: what the registry has already is shown by digest, all else by one that no image has. */
function foreseen(
  task: BuildTask,
  found: Found,
  repository: string,
  house: House,
): Pick<Images, 'images' | 'tags'> {
  const there = reusable(found);
  if (there !== undefined) {
    house.report.images = Object.fromEntries(there.images);
    return there;
  }
  house.tools.log.info('The registry does not have this commit yet: it would be built.');
  const keys = task.targets.flatMap((target) =>
    target.keys.map((key) => [key, placeholder(target.repository)] as const),
  );
  return { images: new Map(keys.length > 0 ? keys : [['', placeholder(repository)]]), tags: [] };
}

/** Finds images that exist already; a tag is resolved to a digest once, here. */
function toFind(
  source: ImageSource & { readonly kind: 'given' },
  registry: RegistryCredentials,
  house: House,
): Looking {
  const look = async (): Promise<GivenImages & Pick<Images, 'environment'>> => {
    const repositories = [...source.images.values()].map((image) => image.repository);
    const shop = await workshop(registry, repositories, house);
    return { ...(await resolveImages(source.images, shop)), environment: shop.environment };
  };
  const looking = begun(look());
  return {
    looking,
    fill: (tell) =>
      group('Find the image', async () => {
        tell();
        const { images, tags, revision, environment } = await looking;
        Object.assign(house.report, { images: Object.fromEntries(images), tags });
        return { images, tags, revision, environment };
      }),
  };
}

async function workshop(
  registry: RegistryCredentials,
  repositories: readonly string[],
  house: House,
): Promise<Workshop> {
  const { tools, signal } = house;
  const { environment } = await login(registry, repositories, tools, { signal });
  return { tools, environment, workspace: process.cwd(), patience: PATIENCE, signal };
}
