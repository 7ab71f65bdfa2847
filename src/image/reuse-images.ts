import { pinnedImage } from '../model/image.ts';
import { inputSetting } from '../model/input-ref.ts';
import { type BuildItem, type BuildPlan, imageReferencesOf } from './build-plan.ts';
import type { CommitContext } from './commit-context.ts';
import type { ImageContext } from './image-context.ts';
import { BUILD_FINGERPRINT_LABEL, OCI_LABEL } from './labels.ts';
import type { Registry } from './registry.ts';
import { RegistryAccessError } from './registry-failures.ts';
import type { RemoteImage } from './remote-image.ts';

export type RemoteImages = ReadonlyMap<BuildItem, RemoteImage>;

/** The images of this commit, if the registry has all of them and they were made from the same inputs. */
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
  { image, recipe }: BuildItem,
  { sha = '' }: CommitContext,
  registry: Registry,
  { log }: ImageContext,
): Promise<RemoteImage | undefined> {
  const reference = `${image.repository}:${sha}`;
  const remote = await registry.inspect(reference).catch((error: unknown) => {
    // Many registries refuse to show what does not exist. The push finds out whether the login may push.
    if (!(error instanceof RegistryAccessError)) throw error;
    log.debug(error.message);
    return undefined;
  });
  if (remote === undefined) return undefined;
  const platforms = [...remote.platforms.values()];
  const haveLabel = (name: string, value: string | undefined): boolean =>
    platforms.every(({ labels }) => labels[name] === value);
  if (platforms.length === 0 || !haveLabel(OCI_LABEL.revision, sha)) {
    log.info(`${reference} is in the registry, but its label does not name this commit. It is rebuilt.`);
    return undefined;
  }
  if (!haveLabel(BUILD_FINGERPRINT_LABEL, recipe.target.labels?.[BUILD_FINGERPRINT_LABEL])) {
    log.info(
      `${reference} is in the registry, but was built with other inputs or had another test. It is rebuilt.`,
    );
    return undefined;
  }
  return remote;
}

/** Logs the images that are reused, and gives them the other tags of this run. */
export async function tagReusedImages(
  plan: BuildPlan,
  remotes: RemoteImages,
  registry: Registry,
  { log }: ImageContext,
): Promise<void> {
  for (const [item, { digest }] of remotes) {
    const image = pinnedImage(item.image.repository, digest);
    log.info(
      `${image} was built from this commit already and is reused ("${inputSetting('rebuild', 'true')}" builds it again).`,
    );
    await registry.tag(image, imageReferencesOf(plan, item).otherReferences);
  }
}
