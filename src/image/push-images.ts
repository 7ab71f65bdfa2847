import { SealiftError } from '../model/errors.ts';
import { pinnedImage } from '../model/image.ts';
import { allOrThrow } from '../run/promises.ts';
import { isInlineCache, targetForPush, targetForVerifiedPush } from './bake-definition.ts';
import type { TestedImage } from './build-and-test.ts';
import { type BuildItem, type BuildPlan, buildSecretsOf, imageReferencesOf } from './build-plan.ts';
import { type PushMode, removeCandidateTag, tagInEngine } from './push-mode.ts';
import type { Registry, RemoteImage } from './registry.ts';
import { imageForPlatform } from './resolve-images.ts';
import type { RemoteImages } from './reuse-images.ts';
import { type BakeResult, type ImageContext, runBake } from './run-bake.ts';

/** The images on their way into the registry. */
export interface Push {
  readonly plan: BuildPlan;
  readonly tested: ReadonlyMap<BuildItem, TestedImage>;
  readonly registry: Registry;
  readonly pushMode: PushMode;
}

/**
 * Brings images that were tested into the registry. They are pushed without a tag that anybody uses and proved there to be
 * what was tested; only when all are is a tag moved, that of the commit last: a run that finds it finds a proved image,
 * wherever this one was killed.
 *
 * @throws SealiftError when the registry holds another image than the one that was tested; then no tag was moved.
 */
export async function pushTested(push: Push, context: ImageContext): Promise<RemoteImages> {
  const { plan, tested, pushMode } = push;
  const repositories = plan.items.map(({ target }) => target.repository);
  const targets = new Map(
    plan.items.map((item) => [
      item.recipe.id,
      targetForVerifiedPush(item.recipe, item.target.repository, pushMode, comparedDigest(tested.get(item))),
    ]),
  );
  try {
    const pushed = await runBake('The push', targets, buildSecretsOf(plan.items), context);
    const remotes = await inspectPushed(push, pushed, pushMode.kind === 'tag' ? pushMode.tag : undefined);
    for (const [item, remote] of remotes) verifyPushed(item, tested.get(item), remote);
    await moveTags(remotes, push, context);
    return remotes;
  } finally {
    await removeCandidateTag(pushMode, repositories, context);
  }
}

/** Pushes images that nobody tested, so that there is nothing to prove, right under their tags; the commit's is the last one. */
export async function pushUntested(
  { plan, registry }: Pick<Push, 'plan' | 'registry'>,
  context: ImageContext,
): Promise<RemoteImages> {
  const targets = new Map(
    plan.items.map((item) => {
      const { further, commit } = imageReferencesOf(plan, item);
      return [item.recipe.id, targetForPush(item.recipe, [...further, commit])];
    }),
  );
  const pushed = await runBake('The push', targets, buildSecretsOf(plan.items), context);
  const remotes = await inspectPushed({ plan, registry }, pushed, plan.tags.tags[0]);
  for (const [item, remote] of remotes) logPushed(plan, item, remote, context);
  return remotes;
}

/**
 * The images as the registry has them, by the digests that were pushed.
 * @param tag by which they can be found too
 */
async function inspectPushed(
  { plan, registry }: Pick<Push, 'plan' | 'registry'>,
  pushed: ReadonlyMap<string, BakeResult>,
  tag: string | undefined,
): Promise<RemoteImages> {
  const found = await allOrThrow(
    plan.items.map(async (item): Promise<readonly [BuildItem, RemoteImage]> => {
      const { repository } = item.target;
      const digest = pushed.get(item.recipe.id)?.digest;
      if (digest === undefined && tag === undefined)
        throw new SealiftError(
          `docker buildx did not say which image it pushed to ${repository}. Update buildx.`,
        );
      const reference = digest === undefined ? `${repository}:${tag}` : pinnedImage(repository, digest);
      const remote = await registry.inspect(reference);
      if (remote === undefined)
        throw new SealiftError(`${reference} was pushed, and the registry does not have it.`);
      return [item, remote];
    }),
  );
  return new Map(found);
}

function comparedDigest(tested: TestedImage | undefined): 'config' | 'manifest' {
  return tested !== undefined && tested.config === undefined ? 'manifest' : 'config';
}

function verifyPushed(
  { target, recipe }: BuildItem,
  tested: TestedImage | undefined,
  remote: RemoteImage,
): void {
  if (tested === undefined) return;
  const there = imageForPlatform(remote, tested.platform);
  const what = comparedDigest(tested);
  const is = what === 'config' ? there?.config : there?.digest;
  if (is === tested[what]) return;
  const image = pinnedImage(target.repository, remote.digest);
  const why = recipe.cacheTo.some(isInlineCache)
    ? "cache-to: type=inline stands in the image itself, and docker's own builder writes it differently each time. Use another cache, or run docker/setup-buildx-action before this step."
    : 'A base image or the checkout may have changed in between, or the builder lost its cache. Run the job again: it builds anew.';
  throw new SealiftError(
    `${image} is not what was tested: its ${what} is ${is ?? `not there for ${tested.platform}`}, the tested one ${tested[what]}. ` +
      `No tag was moved. ${why}${target.service === '' ? '' : ` (${target.service})`}`,
  );
}

async function moveTags(
  remotes: RemoteImages,
  { plan, registry, pushMode }: Push,
  context: ImageContext,
): Promise<void> {
  const all = [...remotes].map(([item, remote]) => ({
    ...imageReferencesOf(plan, item),
    item,
    remote,
    image: pinnedImage(item.target.repository, remote.digest),
  }));
  await allOrThrow(all.map(({ image, further }) => registry.tag(image, further)));
  await allOrThrow(
    all.flatMap(({ image, commit, further, item }) => [
      registry.tag(image, [commit]),
      tagInEngine(pushMode, item.target.repository, [commit, ...further], context),
    ]),
  );
  for (const { item, remote } of all) logPushed(plan, item, remote, context);
}

function logPushed(
  { tags }: BuildPlan,
  { target }: BuildItem,
  { digest }: RemoteImage,
  { tools }: ImageContext,
): void {
  tools.log.info(`Pushed ${pinnedImage(target.repository, digest)} as ${tags.tags.join(', ')}.`);
}
