import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SealiftError } from '../model/errors.ts';
import { pinnedImage } from '../model/image.ts';
import { thisJob, thisRunner } from '../model/place-words.ts';
import { openLayoutFolder } from '../oci/layout.ts';
import { type LayoutImage, readLayoutImage } from '../oci/layout-image.ts';
import { readImageArchive } from '../oci/read-image-archive.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import { targetForEngine, targetForLayout } from './bake-definition.ts';
import type { TestedImage } from './build-and-test.ts';
import { type BuildItem, type BuildPlan, buildSecretsOf } from './build-plan.ts';
import { dockerOutput, type ImageContext } from './image-context.ts';
import { BUILD_FINGERPRINT_LABEL } from './labels.ts';
import { isSamePlatform } from './platforms.ts';
import { isDockersOwnBuilder, removeLocalImages } from './push-mode.ts';
import { runBake } from './run-bake.ts';
import type { RunnerImages } from './runner-images.ts';

/**
 * Writes the images of a build to the runner, and verifies that they are those that were tested: in place of a push.
 * @throws SealiftError when an image is another one than that which was tested; then nothing is kept
 */
export async function exportImages(
  plan: BuildPlan,
  tested: ReadonlyMap<BuildItem, TestedImage>,
  store: RunnerImages,
  context: ImageContext,
): Promise<ReadonlyMap<BuildItem, LocalImage>> {
  const folders = new Map<BuildItem, string>();
  for (const item of plan.items) folders.set(item, await store.newFolder());
  try {
    const images = (await writesLayouts(context))
      ? await exportLayouts(plan, tested, folders, context)
      : await saveFromEngine(plan, tested, folders, context);
    for (const [item, image] of images) verifyExported(item, tested.get(item), image);
    const kept = new Map<BuildItem, LocalImage>();
    for (const [item, { descriptor }] of images) {
      const { repository } = item.image;
      const fingerprint = item.recipe.target.labels?.[BUILD_FINGERPRINT_LABEL];
      const label = { repository, digest: descriptor.digest, tags: plan.tags.tags, fingerprint };
      kept.set(item, await store.keep(folders.get(item) ?? '', label));
      context.log.info(
        `${pinnedImage(repository, descriptor.digest)} is on ${thisRunner()}. Nothing is pushed.`,
      );
    }
    return kept;
  } finally {
    for (const folder of folders.values()) await rm(folder, { recursive: true, force: true });
  }
}

/** An engine with the classic image store builds too, but writes no layouts (buildx: "OCI exporter is not supported"). */
async function writesLayouts(context: ImageContext): Promise<boolean> {
  if (!(await isDockersOwnBuilder(context))) return true;
  const status = await dockerOutput(['info', '--format', '{{json .DriverStatus}}'], context);
  return status.includes('io.containerd.snapshotter');
}

type ExportedImages = ReadonlyMap<BuildItem, LayoutImage>;

async function exportLayouts(
  plan: BuildPlan,
  tested: ReadonlyMap<BuildItem, TestedImage>,
  folders: ReadonlyMap<BuildItem, string>,
  context: ImageContext,
): Promise<ExportedImages> {
  const targets = new Map(
    [...folders].map(([item, folder]) => [
      item.recipe.id,
      targetForLayout(item.recipe, folder, tested.size > 0),
    ]),
  );
  await runBake('The export', targets, buildSecretsOf(plan.items), context);
  const images = new Map<BuildItem, LayoutImage>();
  for (const [item, folder] of folders) images.set(item, await readOnlyImage(folder));
  return images;
}

async function readOnlyImage(folder: string): Promise<LayoutImage> {
  const layout = await openLayoutFolder(folder);
  const [descriptor] = layout.manifests;
  if (descriptor === undefined) throw new SealiftError('docker buildx wrote no image. Update buildx.');
  return await readLayoutImage(layout, descriptor);
}

async function saveFromEngine(
  plan: BuildPlan,
  tested: ReadonlyMap<BuildItem, TestedImage>,
  folders: ReadonlyMap<BuildItem, string>,
  context: ImageContext,
): Promise<ExportedImages> {
  const run = randomUUID().slice(0, 8);
  const names = new Map(
    plan.items.map((item) => [item, `sealift-export/${item.recipe.id.toLowerCase()}:${run}`]),
  );
  const targets = new Map(
    [...names].map(([item, name]) => [item.recipe.id, targetForEngine(item.recipe, name, tested.size > 0)]),
  );
  try {
    await runBake('The export', targets, buildSecretsOf(plan.items), context);
    const images = new Map<BuildItem, LayoutImage>();
    for (const [item, name] of names)
      images.set(item, await saveImage(name, folders.get(item) ?? '', context));
    return images;
  } finally {
    await removeLocalImages([...names.values()], context);
  }
}

async function saveImage(
  name: string,
  folder: string,
  { run, environment, folder: stepFolder, signal }: ImageContext,
): Promise<LayoutImage> {
  const archive = join(stepFolder, `image-${randomUUID().slice(0, 8)}.tar`);
  try {
    await run('docker', ['image', 'save', '--output', archive, name], { env: environment, signal });
    const { layout, descriptor } = await readImageArchive(createReadStream(archive), folder);
    return await readLayoutImage(layout, descriptor);
  } finally {
    await rm(archive, { force: true });
  }
}

function verifyExported(
  { image }: BuildItem,
  tested: TestedImage | undefined,
  { descriptor, manifests }: LayoutImage,
): void {
  if (tested === undefined) return;
  const [first] = manifests;
  const manifest =
    manifests.length === 1
      ? first
      : manifests.find(({ platform }) => isSamePlatform(platform, tested.platform));
  const actual = tested.config === undefined ? manifest?.descriptor.digest : manifest?.config.digest;
  if (actual === (tested.config ?? tested.manifest)) return;
  throw new SealiftError(
    `${pinnedImage(image.repository, descriptor.digest)} is not what was tested: it is ${actual ?? `missing for ${tested.platform}`}, the tested one is ${tested.config ?? tested.manifest}. ` +
      `Nothing was sent. A base image or the checkout may have changed in between, or the builder lost its cache. Run ${thisJob()} again: it rebuilds.${image.service === '' ? '' : ` (${image.service})`}`,
  );
}
