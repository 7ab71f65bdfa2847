import type { ActionContext } from './action-context.ts';
import type { Engine } from './engine/engine.ts';
import {
  type BuildLookup,
  type BuiltImages,
  buildImages,
  lookUpBuild,
  reusableImages,
} from './image/build-images.ts';
import type { BuildTask } from './image/build-plan.ts';
import { buildTargetsOf, imageNameNotices } from './image/build-targets.ts';
import type { ImageContext } from './image/image-context.ts';
import { loginToRegistries } from './image/login.ts';
import { areAttested, attestBuilt, requireTrust, type Trust } from './image-trust.ts';
import type { RegistryCredentials } from './model/credentials.ts';
import { type PinnedImage, placeholderImage } from './model/image.ts';
import type { BuildImageSource } from './model/image-source.ts';
import { thisRunner } from './model/place-words.ts';
import type { ResolvedCompose } from './release/compose/resolve.ts';
import type { BuildReport, DeploymentReport, ExportReport } from './report/report.ts';
import { DEFAULT_RETRY_POLICY } from './run/retry.ts';
import type { LocalImage } from './transfer/local-image.ts';

/** The images of a deploy by digest, and the environment in which `docker` may pull them. */
export interface DeployImages {
  /** By service; the key '' is what `${IMAGE}` stands for. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  readonly tags: readonly string[];
  /** The commit that they were built from, if it is known. */
  readonly revision: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Those that are in no registry, and of which the runner has the bytes. */
  readonly local: readonly LocalImage[];
}

/** The engines of the hosts, which may have images that are in no registry. */
export type FindEngines = () => Promise<readonly Engine[]>;

/** Of the commands that look for images. */
export type ImageReportContext = ActionContext<BuildReport | DeploymentReport | ExportReport>;

/** The Compose file; `undefined` if there is none. */
export interface ComposeFileResult {
  readonly resolved: Pick<ResolvedCompose, 'config' | 'contents'> | undefined;
}

/** Completes a lookup: builds what the registry lacks. */
export type CompleteLookup = () => Promise<DeployImages>;

/** Images, and those of them that are in no registry. */
type LocalBuild = BuiltImages & Pick<DeployImages, 'local'>;

/** Builds that were looked up in the background, and everything that is needed to go on with them. */
interface OpenBuild {
  readonly task: BuildTask;
  readonly source: BuildImageSource;
  readonly trust: Trust;
  readonly imageContext: ImageContext;
  readonly context: ImageReportContext;
}

/** What is asked for, beside the Compose file. */
interface BuildRequestParts {
  readonly source: BuildImageSource;
  readonly registry: RegistryCredentials;
  readonly trust: Trust;
  readonly dryRun: boolean;
}

/** Looks for the images of a commit where they may be: in the registry, or on the runner and the hosts. */
export async function lookUpImagesToBuild(
  { source, registry, trust, dryRun }: BuildRequestParts,
  composeFile: Promise<ComposeFileResult>,
  engines: FindEngines,
  context: ImageReportContext,
): Promise<CompleteLookup> {
  const task = buildTaskOf(await composeFile, source, context);
  const repositories =
    source.transfer === 'direct'
      ? []
      : task.targets.flatMap(({ repository, otherRepositories }) => [repository, ...otherRepositories]);
  const imageContext = await openImageContext(registry, repositories, context);
  const build = { task, source, trust, imageContext, context };
  if (source.transfer === 'direct') return await lookUpDirect(build, engines, dryRun);
  return dryRun ? await lookUpForDryRun(build) : await lookUpForBuild(build);
}

function buildTaskOf(
  { resolved }: ComposeFileResult,
  source: BuildImageSource,
  { log, commit }: ImageReportContext,
): BuildTask {
  const targets = buildTargetsOf(resolved?.config, source);
  for (const notice of imageNameNotices(targets, source)) log.notice(notice);
  const contents = resolved?.contents ?? new Map<string, string>();
  return { targets, options: source.options, commit, contents };
}

async function lookUpForBuild(build: OpenBuild): Promise<CompleteLookup> {
  const found = await lookUpAttestedBuild(build);
  return async () => {
    const built = await buildImages(build.task, build.imageContext, found);
    return await finishedBuild(build, { ...built, local: [] });
  };
}

async function lookUpForDryRun(build: OpenBuild): Promise<CompleteLookup> {
  const existing = reusableImages(await lookUpAttestedBuild(build));
  return async () => {
    if (existing === undefined) return plannedBuild(build);
    return await existingBuild(build, { ...existing, local: [] });
  };
}

/** Images that are in no registry: their bytes are on the runner, or on the hosts. */
async function lookUpDirect(
  build: OpenBuild,
  engines: FindEngines,
  dryRun: boolean,
): Promise<CompleteLookup> {
  const { task, imageContext } = build;
  const direct = await import('./image/build-directly.ts');
  const sources = direct.directSources(engines);
  const lookup = await direct.lookUpDirectly(task, sources, imageContext);
  return async () => {
    if (!dryRun)
      return await finishedBuild(build, await direct.buildDirectly(task, sources, lookup, imageContext));
    const existing = direct.existingImages(lookup);
    return existing === undefined ? plannedBuild(build) : await existingBuild(build, existing);
  };
}

/**
 * What the registry has of a commit. What is to be attested and is not yet, is built again: this run can't know who made it, and its word
 * would make it look as if it did.
 */
async function lookUpAttestedBuild({ task, trust, imageContext, context }: OpenBuild): Promise<BuildLookup> {
  const found = await lookUpBuild(task, imageContext);
  const existing = reusableImages(found);
  if (!task.options.attest || existing === undefined) return found;
  if (await areAttested(existing.images.values(), trust, context)) return found;
  context.log.info(
    'The registry has this commit already, but nobody has attested how it was built. It is rebuilt.',
  );
  return { ...found, remotes: undefined };
}

/** Images that this run has built, or found built already: attests what is new, and verifies all of it. */
async function finishedBuild(build: OpenBuild, built: LocalBuild): Promise<DeployImages> {
  const { images, tags, reused, tested, durations: times, local } = built;
  build.context.report.set({ images: Object.fromEntries(images), tags, build: { reused, tested, times } });
  await requireOrigin(build, [...images.values()], !reused);
  return { images, tags, local, ...knownOf(build) };
}

/** Images that a dry run has found. */
async function existingBuild(build: OpenBuild, { images, tags, local }: LocalBuild): Promise<DeployImages> {
  build.context.report.set({ images: Object.fromEntries(images) });
  await requireOrigin(build, [...images.values()], false);
  return { images, tags, local, ...knownOf(build) };
}

/** A dry run builds nothing: an image that the registry lacks has a digest that no image has. */
function plannedBuild(build: OpenBuild): DeployImages {
  const {
    task: { targets },
    source: { repository, transfer },
  } = build;
  const place =
    transfer === 'direct' ? `Neither ${thisRunner()} nor a host has` : 'The registry does not have';
  build.context.log.info(`${place} this commit yet: it would be built.`);
  const keys = targets.flatMap((target) =>
    target.imageKeys.map((key) => [key, placeholderImage(target.repository)] as const),
  );
  const images = new Map(keys.length > 0 ? keys : [['', placeholderImage(repository)] as const]);
  return { images, tags: [], local: [], ...knownOf(build) };
}

const knownOf = ({ imageContext, context }: OpenBuild): Pick<DeployImages, 'revision' | 'environment'> => ({
  revision: context.commit.sha,
  environment: imageContext.environment,
});

async function requireOrigin(
  { source, trust, imageContext, context }: OpenBuild,
  images: readonly PinnedImage[],
  isNew: boolean,
): Promise<void> {
  const attests = source.options.attest && isNew;
  const bundles = attests ? [await attestBuilt(images, trust, imageContext, context)] : [];
  await requireTrust(images, trust, imageContext, context, bundles);
}

/** Logs in, for whatever asks about these repositories. */
export async function openImageContext(
  registry: RegistryCredentials,
  repositories: readonly string[],
  context: ActionContext,
): Promise<ImageContext> {
  const { run, log, folder, signal } = context;
  const { environment } = await loginToRegistries(registry, repositories, context, { signal });
  return {
    run,
    log,
    folder,
    environment,
    workspace: process.cwd(),
    retryPolicy: DEFAULT_RETRY_POLICY,
    signal,
  };
}
