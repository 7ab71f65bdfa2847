import { pinnedImage } from '../model/image.ts';
import { type BuildItem, type BuildPlan, imageReferencesOf } from './build-plan.ts';
import type { CommitContext } from './commit-context.ts';
import { BUILD_FINGERPRINT_LABEL, OCI_LABEL } from './labels.ts';
import { type Registry, RegistryAccessError, type RemoteImage } from './registry.ts';
import type { ImageContext } from './run-bake.ts';

export type RemoteImages = ReadonlyMap<BuildItem, RemoteImage>;

/** The images of this commit, if the registry has every one of them and they were made of the same. */
export async function findReusableImages(
  plan: BuildPlan,
  commit: CommitContext,
  registry: Registry,
  context: ImageContext,
): Promise<RemoteImages | undefined> {
  const found = await Promise.all(
    plan.items.map(async (item) => [item, await findReusableImage(item, commit, registry, context)] as const),
  );
  const remotes = new Map<BuildItem, RemoteImage>();
  for (const [item, remote] of found) {
    if (remote === undefined) return undefined;
    remotes.set(item, remote);
  }
  return remotes;
}

async function findReusableImage(
  { target, recipe }: BuildItem,
  { sha = '' }: CommitContext,
  registry: Registry,
  { tools }: ImageContext,
): Promise<RemoteImage | undefined> {
  const reference = `${target.repository}:${sha}`;
  let remote: RemoteImage | undefined;
  try {
    remote = await registry.inspect(reference);
  } catch (error) {
    // Many registries refuse to show what is not there. Whether the login may push is said by the push.
    if (!(error instanceof RegistryAccessError)) throw error;
    tools.log.debug(error.message);
  }
  if (remote === undefined) return undefined;
  const labels = [...remote.platforms.values()].map((platform) => platform.labels);
  if (labels.length === 0 || labels.some((label) => label[OCI_LABEL.revision] !== sha)) {
    tools.log.info(
      `${reference} is in the registry, but its label does not say that it was built from this commit. It is built again.`,
    );
    return undefined;
  }
  const fingerprint = recipe.target.labels?.[BUILD_FINGERPRINT_LABEL];
  if (labels.some((label) => label[BUILD_FINGERPRINT_LABEL] !== fingerprint)) {
    tools.log.info(
      `${reference} is in the registry, but was built with other inputs or tested otherwise. It is built again.`,
    );
    return undefined;
  }
  return remote;
}

/** Tells what is used again, and lets the further tags of this run mean it too. */
export async function tagReusedImages(
  plan: BuildPlan,
  found: RemoteImages,
  registry: Registry,
  { tools }: ImageContext,
): Promise<void> {
  for (const [item, { digest }] of found) {
    const image = pinnedImage(item.target.repository, digest);
    tools.log.info(
      `${image} was built from this commit already and is used again (rebuild: true builds it anew).`,
    );
    await registry.tag(image, imageReferencesOf(plan, item).further);
  }
}
