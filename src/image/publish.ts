import { SealiftError } from '../model/errors.ts';
import { pinned } from '../model/image.ts';
import { together } from '../run/side-by-side.ts';
import { forProof, forPush, isInline } from './bake.ts';
import { type Draft, type Item, referencesOf, secretsOf } from './draft.ts';
import { forPlatform } from './given.ts';
import type { Registry, RemoteImage } from './registry.ts';
import type { Tested } from './rehearsal.ts';
import type { Remotes } from './reuse.ts';
import { type Solved, solve, type Workshop } from './solve.ts';
import { leaveStage, nameHere, type Stage } from './stage.ts';

/** The images on their way into the registry. */
export interface Shipment {
  readonly draft: Draft;
  readonly tested: ReadonlyMap<Item, Tested>;
  readonly registry: Registry;
  readonly stage: Stage;
}

/**
 * Brings images that were tested into the registry. They are pushed without a tag that anybody uses and proved there to be
 * what was tested; only when all are is a tag moved, that of the commit last: a run that finds it finds a proved image,
 * wherever this one was killed.
 *
 * @throws SealiftError when the registry holds another image than the one that was tested; then no tag was moved.
 */
export async function publish(shipment: Shipment, shop: Workshop): Promise<Remotes> {
  const { draft, tested, stage } = shipment;
  const repositories = draft.items.map(({ target }) => target.repository);
  const targets = new Map(
    draft.items.map((item) => [
      item.recipe.id,
      forProof(item.recipe, item.target.repository, stage, provedBy(tested.get(item))),
    ]),
  );
  try {
    const pushed = await solve('The push', targets, secretsOf(draft.items), shop);
    const remotes = await inRegistry(shipment, pushed, stage.kind === 'tag' ? stage.tag : undefined);
    for (const [item, remote] of remotes) proveSame(item, tested.get(item), remote);
    await moveTags(remotes, shipment, shop);
    return remotes;
  } finally {
    await leaveStage(stage, repositories, shop);
  }
}

/** Pushes images that nobody tested, so that there is nothing to prove, right under their tags; the commit's is the last one. */
export async function publishUntested(
  { draft, registry }: Pick<Shipment, 'draft' | 'registry'>,
  shop: Workshop,
): Promise<Remotes> {
  const targets = new Map(
    draft.items.map((item) => {
      const { further, commit } = referencesOf(draft, item);
      return [item.recipe.id, forPush(item.recipe, [...further, commit])];
    }),
  );
  const pushed = await solve('The push', targets, secretsOf(draft.items), shop);
  const remotes = await inRegistry({ draft, registry }, pushed, draft.tags.tags[0]);
  for (const [item, remote] of remotes) tell(draft, item, remote, shop);
  return remotes;
}

/**
 * The images as the registry has them, by the digests that were pushed.
 * @param tag by which they can be found too
 */
async function inRegistry(
  { draft, registry }: Pick<Shipment, 'draft' | 'registry'>,
  pushed: ReadonlyMap<string, Solved>,
  tag: string | undefined,
): Promise<Remotes> {
  const found = await together(
    draft.items.map(async (item): Promise<readonly [Item, RemoteImage]> => {
      const { repository } = item.target;
      const digest = pushed.get(item.recipe.id)?.digest;
      if (digest === undefined && tag === undefined)
        throw new SealiftError(
          `docker buildx did not say which image it pushed to ${repository}. Update buildx.`,
        );
      const reference = digest === undefined ? `${repository}:${tag}` : pinned(repository, digest);
      const remote = await registry.inspect(reference);
      if (remote === undefined)
        throw new SealiftError(`${reference} was pushed, and the registry does not have it.`);
      return [item, remote];
    }),
  );
  return new Map(found);
}

function provedBy(tested: Tested | undefined): 'config' | 'manifest' {
  return tested !== undefined && tested.config === undefined ? 'manifest' : 'config';
}

function proveSame({ target, recipe }: Item, tested: Tested | undefined, remote: RemoteImage): void {
  if (tested === undefined) return;
  const there = forPlatform(remote, tested.platform);
  const what = provedBy(tested);
  const is = what === 'config' ? there?.config : there?.digest;
  if (is === tested[what]) return;
  const image = pinned(target.repository, remote.digest);
  const why = recipe.cacheTo.some(isInline)
    ? "cache-to: type=inline stands in the image itself, and docker's own builder writes it differently each time. Use another cache, or run docker/setup-buildx-action before this step."
    : 'A base image or the checkout may have changed in between, or the builder lost its cache. Run the job again: it builds anew.';
  throw new SealiftError(
    `${image} is not what was tested: its ${what} is ${is ?? `not there for ${tested.platform}`}, the tested one ${tested[what]}. ` +
      `No tag was moved. ${why}${target.service === '' ? '' : ` (${target.service})`}`,
  );
}

async function moveTags(
  remotes: Remotes,
  { draft, registry, stage }: Shipment,
  shop: Workshop,
): Promise<void> {
  const all = [...remotes].map(([item, remote]) => ({
    ...referencesOf(draft, item),
    item,
    remote,
    image: pinned(item.target.repository, remote.digest),
  }));
  await together(all.map(({ image, further }) => registry.tag(image, further)));
  await together(
    all.flatMap(({ image, commit, further, item }) => [
      registry.tag(image, [commit]),
      nameHere(stage, item.target.repository, [commit, ...further], shop),
    ]),
  );
  for (const { item, remote } of all) tell(draft, item, remote, shop);
}

function tell({ tags }: Draft, { target }: Item, { digest }: RemoteImage, { tools }: Workshop): void {
  tools.log.info(`Pushed ${pinned(target.repository, digest)} as ${tags.tags.join(', ')}.`);
}
