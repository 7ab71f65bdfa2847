import type { House } from './house.ts';
import type { BuildTask } from './image/draft.ts';
import { resolveImages } from './image/given.ts';
import { buildImages, findBuilt } from './image/images.ts';
import { login } from './image/login.ts';
import { PATIENCE } from './image/retry.ts';
import type { Workshop } from './image/solve.ts';
import { placeholder, planTargets } from './image/targets.ts';
import type { PinnedImage } from './model/image.ts';
import type { ImageSource, RegistryCredentials } from './model/request.ts';
import type { Resolved } from './release/compose/resolve.ts';
import { group } from './report/console.ts';

/** Images by digest, and the environment in which `docker` may pull them. */
export interface Images {
  /** By service, and under '' what `${IMAGE}` stands for. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  readonly tags: readonly string[];
  /** The commit that they were built from, as far as is known. */
  readonly revision: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Builds, tests and pushes what the Compose file and the inputs describe, or finds it in the registry. */
export async function makeImages(
  source: ImageSource & { readonly kind: 'build' },
  resolved: Pick<Resolved, 'config' | 'contents'> | undefined,
  registry: RegistryCredentials,
  dryRun: boolean,
  house: House,
): Promise<Images> {
  const targets = planTargets(resolved?.config, source);
  const task: BuildTask = {
    targets,
    options: source.options,
    commit: house.commit,
    contents: resolved?.contents ?? new Map(),
  };
  const shop = await workshop(
    registry,
    targets.map((target) => target.repository),
    house,
  );
  const known = { revision: house.commit.sha, environment: shop.environment };
  if (dryRun) return { ...(await foreseen(task, source.repository, shop, house)), ...known };

  const built = await group('Build, test and push', () => buildImages(task, shop));
  const { images, tags, reused, tested, times } = built;
  Object.assign(house.report, { images: Object.fromEntries(images), tags, build: { reused, tested, times } });
  return { images, tags, ...known };
}

/** In a dry run nothing is built: what the registry has already is shown by digest, all else by one that no image has. */
async function foreseen(
  task: BuildTask,
  repository: string,
  shop: Workshop,
  house: House,
): Promise<Pick<Images, 'images' | 'tags'>> {
  const found = await findBuilt(task, shop);
  if (found !== undefined) {
    house.report.images = Object.fromEntries(found.images);
    return found;
  }
  house.tools.log.info(
    'The registry does not have this commit yet: it would be built. Zeros stand for its digest.',
  );
  const keys = task.targets.flatMap((target) =>
    target.keys.map((key) => [key, placeholder(target.repository)] as const),
  );
  return { images: new Map(keys.length > 0 ? keys : [['', placeholder(repository)]]), tags: [] };
}

/** Finds images that exist already; a tag is resolved to a digest once, here. */
export async function findImages(
  source: ImageSource & { readonly kind: 'given' },
  registry: RegistryCredentials,
  house: House,
): Promise<Images> {
  const repositories = [...source.images.values()].map((image) => image.repository);
  const shop = await workshop(registry, repositories, house);
  const { images, tags, revision } = await group('Find the image', () => resolveImages(source.images, shop));
  Object.assign(house.report, { images: Object.fromEntries(images), tags });
  return { images, tags, revision, environment: shop.environment };
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
