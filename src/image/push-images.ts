import { SealiftError } from '../model/errors.ts';
import { pinnedImage } from '../model/image.ts';
import { byPlace, thisJob } from '../model/place-words.ts';
import { allOrThrow } from '../run/promises.ts';
import { isInlineCache, targetForPush, targetForVerifiedPush } from './bake-definition.ts';
import type { TestedImage } from './build-and-test.ts';
import { type BuildItem, type BuildPlan, buildSecretsOf, imageReferencesOf } from './build-plan.ts';
import type { ImageContext } from './image-context.ts';
import { isSamePlatform } from './platforms.ts';
import { type PushMode, removeCandidateTag, tagInEngine } from './push-mode.ts';
import type { Registry } from './registry.ts';
import type { RemoteImage, RemotePlatform } from './remote-image.ts';
import type { RemoteImages } from './reuse-images.ts';
import { type BakeResult, runBake } from './run-bake.ts';

/** Images that are being pushed. */
interface Push {
  readonly plan: BuildPlan;
  readonly tested: ReadonlyMap<BuildItem, TestedImage>;
  readonly registry: Registry;
  readonly pushMode: PushMode;
}

/**
 * Pushes tested images without a tag that anybody uses, and verifies in the registry that they are the tested ones. Tags move
 * only after all images are verified, the tag of the commit last: so the tag of a commit always names a verified image,
 * wherever a run was killed.
 *
 * @throws SealiftError when the registry holds another image than the tested one; then no tag was moved
 */
export async function pushTested(push: Push, context: ImageContext): Promise<RemoteImages> {
  const { plan, tested, pushMode } = push;
  const repositories = plan.items.map(({ image }) => image.repository);
  const targets = new Map(
    plan.items.map((item) => [
      item.recipe.id,
      targetForVerifiedPush(item.recipe, item.image.repository, pushMode, comparedDigest(tested.get(item))),
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

/** Pushes untested images directly under their tags, the commit's last. There is nothing to verify. */
export async function pushUntested(
  { plan, registry }: Pick<Push, 'plan' | 'registry'>,
  context: ImageContext,
): Promise<RemoteImages> {
  const targets = new Map(
    plan.items.map((item) => {
      const { commit, otherReferences } = imageReferencesOf(plan, item);
      return [item.recipe.id, targetForPush(item.recipe, [...otherReferences, commit])];
    }),
  );
  const pushed = await runBake('The push', targets, buildSecretsOf(plan.items), context);
  const remotes = await inspectPushed({ plan, registry }, pushed, plan.tags.tags[0]);
  logPushed(plan, remotes, context);
  return remotes;
}

/**
 * The pushed images as the registry has them.
 * @param tag under which they were pushed too, for a builder that does not report the digest
 */
async function inspectPushed(
  { plan, registry }: Pick<Push, 'plan' | 'registry'>,
  pushed: ReadonlyMap<string, BakeResult>,
  tag: string | undefined,
): Promise<RemoteImages> {
  const inspected = await allOrThrow(
    plan.items.map(async (item): Promise<readonly [BuildItem, RemoteImage]> => {
      const { repository } = item.image;
      const digest = pushed.get(item.recipe.id)?.digest;
      if (digest === undefined && tag === undefined)
        throw new SealiftError(
          `docker buildx did not report which image it pushed to ${repository}. Update buildx.`,
        );
      const reference = digest === undefined ? `${repository}:${tag}` : pinnedImage(repository, digest);
      const remote = await registry.inspect(reference);
      if (remote === undefined)
        throw new SealiftError(
          `${reference} was pushed, but the registry does not have it. Run ${thisJob()} again; if it happens again, look at the registry's rules for cleaning up.`,
        );
      return [item, remote];
    }),
  );
  return new Map(inspected);
}

function comparedDigest(tested: TestedImage | undefined): 'config' | 'manifest' {
  return tested !== undefined && tested.config === undefined ? 'manifest' : 'config';
}

function verifyPushed(
  { image, recipe }: BuildItem,
  tested: TestedImage | undefined,
  remote: RemoteImage,
): void {
  if (tested === undefined) return;
  const platform = imageForPlatform(remote, tested.platform);
  const kind = comparedDigest(tested);
  const actual = kind === 'config' ? platform?.config : platform?.digest;
  if (actual === tested[kind]) return;
  const pushed = pinnedImage(image.repository, remote.digest);
  const cause = recipe.cacheTo.some(isInlineCache)
    ? `cache-to: type=inline is stored in the image itself, and Docker's own builder writes it differently each time. Use another cache, or ${byPlace('run docker/setup-buildx-action before this step', 'another builder: docker buildx create --use')}.`
    : `A base image or the checkout may have changed in between, or the builder lost its cache. Run ${thisJob()} again: it rebuilds.`;
  throw new SealiftError(
    `${pushed} is not what was tested: its ${kind} is ${actual ?? `missing for ${tested.platform}`}, the tested one is ${tested[kind]}. ` +
      `No tag was moved. ${cause}${image.service === '' ? '' : ` (${image.service})`}`,
  );
}

/** The image for a platform, or the only one. */
function imageForPlatform({ platforms }: RemoteImage, platform: string): RemotePlatform | undefined {
  const [first] = platforms.values();
  if (platforms.size === 1) return first;
  return [...platforms].find(([name]) => isSamePlatform(name, platform))?.[1];
}

async function moveTags(
  remotes: RemoteImages,
  { plan, registry, pushMode }: Push,
  context: ImageContext,
): Promise<void> {
  const all = [...remotes].map(([item, { digest }]) => {
    const { repository } = item.image;
    return { ...imageReferencesOf(plan, item), repository, image: pinnedImage(repository, digest) };
  });
  await allOrThrow(all.map(({ image, otherReferences }) => registry.tag(image, otherReferences)));
  await allOrThrow(
    all.flatMap(({ image, repository, commit, otherReferences }) => [
      registry.tag(image, [commit]),
      tagInEngine(pushMode, repository, [commit, ...otherReferences], context),
    ]),
  );
  logPushed(plan, remotes, context);
}

function logPushed({ tags }: BuildPlan, remotes: RemoteImages, { log }: ImageContext): void {
  for (const [{ image }, { digest }] of remotes)
    log.info(`Pushed ${pinnedImage(image.repository, digest)} as ${tags.tags.join(', ')}.`);
}
