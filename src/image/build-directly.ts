import type { Engine } from '../engine/engine.ts';
import type { Digest } from '../model/image.ts';
import { pinnedImage } from '../model/image.ts';
import { inputSetting } from '../model/input-ref.ts';
import { thisRunner } from '../model/place-words.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import { buildAndTest } from './build-and-test.ts';
import { type BuiltImages, builtImagesFrom, checkBuild, planAndLog } from './build-images.ts';
import type { BuildItem, BuildPlan, BuildTask } from './build-plan.ts';
import { exportImages } from './export-images.ts';
import { findCommitOnHosts } from './find-on-hosts.ts';
import type { ImageContext } from './image-context.ts';
import { BUILD_FINGERPRINT_LABEL } from './labels.ts';
import { PhaseTimer } from './phase-timer.ts';
import { RunnerImages } from './runner-images.ts';

/** An image of this commit that is somewhere already. */
interface ExistingImage {
  readonly digest: Digest;
  /** For the log. */
  readonly where: string;
  /** `undefined`: only hosts have it. */
  readonly local: LocalImage | undefined;
}

/** What there is of a commit without a registry. */
export interface DirectLookup {
  readonly plan: BuildPlan;
  /** `undefined` if the images must be built. */
  readonly existing: ReadonlyMap<BuildItem, ExistingImage> | undefined;
}

/** Where images of a commit may be. */
export interface DirectSources {
  readonly store: RunnerImages;
  /** The hosts of the environment; none for a build alone. */
  readonly engines: () => Promise<readonly Engine[]>;
}

/** This runner, and these hosts. */
export function directSources(engines: DirectSources['engines']): DirectSources {
  return { store: new RunnerImages(), engines };
}

/** Images that are in no registry. */
export interface DirectlyBuiltImages extends BuiltImages {
  /** Those of which the runner has the bytes; hosts have the others. */
  readonly local: readonly LocalImage[];
}

/**
 * Looks for the images of a commit on the runner and on the hosts. Changes nothing.
 * @throws ConfigurationError for an invalid tag, test or `build:`
 */
export async function lookUpDirectly(
  task: BuildTask,
  sources: DirectSources,
  context: ImageContext,
): Promise<DirectLookup> {
  const plan = planAndLog(task, context);
  if (task.options.rebuild) return { plan, existing: undefined };
  const existing = new Map<BuildItem, ExistingImage>();
  for (const item of plan.items) {
    const found = await findExisting(item, task.commit.sha ?? '', sources);
    if (found === undefined) return { plan, existing: undefined };
    existing.set(item, found);
  }
  return { plan, existing };
}

async function findExisting(
  { image: { repository }, recipe }: BuildItem,
  commit: string,
  { store, engines }: DirectSources,
): Promise<ExistingImage | undefined> {
  const fingerprint = recipe.target.labels?.[BUILD_FINGERPRINT_LABEL];
  const found = await store.find(
    (label) =>
      label.repository === repository && label.tags[0] === commit && label.fingerprint === fingerprint,
  );
  if (found !== undefined) return { digest: found.digest, where: `on ${thisRunner()}`, local: found.image };
  const hosted = await findCommitOnHosts(await engines(), repository, commit, fingerprint);
  return hosted && { digest: hosted.digest, where: `on ${hosted.host}`, local: undefined };
}

/** The images that would be reused; `undefined` if they would be built. */
export function existingImages({ plan, existing }: DirectLookup): DirectlyBuiltImages | undefined {
  if (existing === undefined) return undefined;
  const local = [...existing.values()].flatMap((each) => each.local ?? []);
  return { ...builtImagesFrom(plan, existing), local };
}

/**
 * From a commit to digests without a registry: images of this commit that are somewhere are reused. Otherwise all are built in one
 * run, tested, written to the runner, and verified to be the tested ones.
 * @throws ConfigurationError for what the user can fix; SealiftError for what failed
 */
export async function buildDirectly(
  task: BuildTask,
  { store }: DirectSources,
  lookup: DirectLookup,
  context: ImageContext,
): Promise<DirectlyBuiltImages> {
  const { plan, existing } = lookup;
  for (const [{ image }, { digest, where }] of existing ?? [])
    context.log.info(
      `${pinnedImage(image.repository, digest)} was built from this commit already and is ${where}: it is reused ("${inputSetting('rebuild', 'true')}" builds it again).`,
    );
  const reused = existingImages(lookup);
  if (reused !== undefined) return reused;
  checkBuild(task, plan, context);
  const timer = new PhaseTimer();
  const tested = await buildAndTest(plan, timer, context);
  const isTested = tested.size > 0;
  const kept = await timer.time(isTested ? 'export' : 'build', () =>
    exportImages(plan, tested, store, context),
  );
  const digests = new Map([...kept].map(([item, { image }]) => [item, { digest: image.descriptor.digest }]));
  return { ...builtImagesFrom(plan, digests, timer.durations), local: [...kept.values()] };
}
