import { pinned } from '../model/image.ts';
import type { CommitContext } from './context.ts';
import { type Draft, type Item, referencesOf } from './draft.ts';
import { FINGERPRINT, OCI } from './labels.ts';
import { RefusedError, type Registry, type RemoteImage } from './registry.ts';
import type { Workshop } from './solve.ts';

export type Remotes = ReadonlyMap<Item, RemoteImage>;

/** The images of this commit, if the registry has every one of them and they were made of the same. */
export async function findAll(
  draft: Draft,
  commit: CommitContext,
  registry: Registry,
  shop: Workshop,
): Promise<Remotes | undefined> {
  const found = await Promise.all(
    draft.items.map(async (item) => [item, await find(item, commit, registry, shop)] as const),
  );
  const remotes = new Map<Item, RemoteImage>();
  for (const [item, remote] of found) {
    if (remote === undefined) return undefined;
    remotes.set(item, remote);
  }
  return remotes;
}

async function find(
  { target, recipe }: Item,
  { sha = '' }: CommitContext,
  registry: Registry,
  { tools }: Workshop,
): Promise<RemoteImage | undefined> {
  const reference = `${target.repository}:${sha}`;
  let remote: RemoteImage | undefined;
  try {
    remote = await registry.inspect(reference);
  } catch (error) {
    // Many registries refuse to show what is not there. Whether the login may push is said by the push.
    if (!(error instanceof RefusedError)) throw error;
    tools.log.debug(error.message);
  }
  if (remote === undefined) return undefined;
  const labels = [...remote.platforms.values()].map((platform) => platform.labels);
  if (labels.length === 0 || labels.some((label) => label[OCI.revision] !== sha)) {
    tools.log.info(
      `${reference} is in the registry, but its label does not say that it was built from this commit. It is built again.`,
    );
    return undefined;
  }
  const fingerprint = recipe.target.labels?.[FINGERPRINT];
  if (labels.some((label) => label[FINGERPRINT] !== fingerprint)) {
    tools.log.info(
      `${reference} is in the registry, but was built with other inputs or tested otherwise. It is built again.`,
    );
    return undefined;
  }
  return remote;
}

/** Tells what is used again, and lets the further tags of this run mean it too. */
export async function retag(
  draft: Draft,
  found: Remotes,
  registry: Registry,
  { tools }: Workshop,
): Promise<void> {
  for (const [item, { digest }] of found) {
    const image = pinned(item.target.repository, digest);
    tools.log.info(
      `${image} was built from this commit already and is used again (rebuild: true builds it anew).`,
    );
    await registry.tag(image, referencesOf(draft, item).further);
  }
}
