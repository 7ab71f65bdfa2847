import type { ActionContext } from './action-context.ts';
import type { Engine } from './engine/engine.ts';
import { type BuildLookup, buildImages, lookUpBuild, reusableImages } from './image/build-images.ts';
import type { BuildTask } from './image/build-plan.ts';
import { buildTargetsOf, imageNameNotices } from './image/build-targets.ts';
import type { ImageContext } from './image/image-context.ts';
import { loginToRegistries } from './image/login.ts';
import { resolveImages } from './image/resolve-images.ts';
import { areAttested, attestBuilt, requireTrust, type Trust } from './image-trust.ts';
import type { RegistryCredentials } from './model/credentials.ts';
import { type PinnedImage, placeholderImage } from './model/image.ts';
import type { BuildImageSource, ExistingImageSource, ImageSource } from './model/image-source.ts';
import type { ImageVerification } from './model/image-verification.ts';
import type { ResolvedCompose } from './release/compose/resolve.ts';
import { createBufferedLog } from './report/buffered-log.ts';
import { group } from './report/console.ts';
import type { BuildReport, DeploymentReport, ExportReport } from './report/report.ts';
import { inBackground } from './run/promises.ts';
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

/** A search for images in the registry that runs in the background. Its scope ends it. */
export interface ImageLookup extends AsyncDisposable {
  /** Logs what the registry has, then builds, tests and pushes what it lacks. */
  resolve(): Promise<DeployImages>;
}

/** The engines of the hosts, which may have images that are in no registry. */
type FindEngines = () => Promise<readonly Engine[]>;

/** Of the commands that look for images. */
type ImageReportContext = ActionContext<BuildReport | DeploymentReport | ExportReport>;

/** The Compose file; `undefined` if there is none. */
interface ComposeFileResult {
  readonly resolved: Pick<ResolvedCompose, 'config' | 'contents'> | undefined;
}

/** Completes a lookup: builds what the registry lacks. */
type CompleteLookup = () => Promise<DeployImages>;

/** Which images, and who may have made them. */
interface ImageRequest {
  readonly source: ImageSource;
  readonly registry: RegistryCredentials;
  /** For GitHub's API. */
  readonly token: string | undefined;
  readonly verification?: ImageVerification;
}

/**
 * Starts to look for the images that the Compose file and the inputs describe: logs in and asks the registry at once, but
 * changes nothing before `resolve`.
 * @param composeFile awaited only if something is to be built
 * @param engines of the hosts, which may have images that are in no registry; awaited only for those
 */
export function startImageLookup(
  { source, registry, token, verification = { kind: 'off' } }: ImageRequest,
  composeFile: Promise<ComposeFileResult>,
  { dryRun }: { readonly dryRun: boolean },
  context: ImageReportContext,
  engines: FindEngines = () => Promise.resolve([]),
): ImageLookup {
  const closed = new AbortController();
  const log = createBufferedLog(context.log);
  const background: ImageReportContext = {
    ...context,
    log,
    signal: AbortSignal.any([context.signal, closed.signal]),
  };
  const building = source.transfer === 'direct' ? 'Build and test' : 'Build, test and push';
  const title = source.kind === 'existing' || dryRun ? 'Find the image' : building;
  const trust = { verification, token };
  const lookup = inBackground(
    source.kind === 'existing'
      ? lookUpExistingImages(source, registry, engines, trust, background)
      : lookUpImagesToBuild(source, registry, engines, composeFile, dryRun, trust, background),
  );
  return {
    resolve: () =>
      group(title, async () => {
        log.flush();
        const complete = await lookup;
        return await complete();
      }),
    async [Symbol.asyncDispose]() {
      closed.abort(new Error('The images are no longer needed.'));
      await lookup.catch(() => undefined);
      log.flush();
    },
  };
}

async function lookUpImagesToBuild(
  source: BuildImageSource,
  registry: RegistryCredentials,
  engines: FindEngines,
  composeFile: Promise<ComposeFileResult>,
  dryRun: boolean,
  trust: Trust,
  context: ImageReportContext,
): Promise<CompleteLookup> {
  const { resolved } = await composeFile;
  const targets = buildTargetsOf(resolved?.config, source);
  for (const notice of imageNameNotices(targets, source)) context.log.notice(notice);
  const contents = resolved?.contents ?? new Map<string, string>();
  const task: BuildTask = { targets, options: source.options, commit: context.commit, contents };
  const imageContext = await openImageContext(
    registry,
    source.transfer === 'direct'
      ? []
      : targets.flatMap(({ repository, otherRepositories }) => [repository, ...otherRepositories]),
    context,
  );
  const known = { revision: context.commit.sha, environment: imageContext.environment };
  const setImages = (images: ReadonlyMap<string, PinnedImage>): void =>
    context.report.set({ images: Object.fromEntries(images) });
  /** Attests what is new, and verifies all of it. */
  const requireOrigin = async (images: Iterable<PinnedImage>, isNew: boolean): Promise<void> => {
    const all = [...images];
    const attests = source.options.attest && isNew;
    const bundles = attests ? [await attestBuilt(all, trust, imageContext, context)] : [];
    await requireTrust(all, trust, imageContext, context, bundles);
  };
  if (source.transfer === 'direct') {
    const direct = await import('./image/build-directly.ts');
    const sources = direct.directSources(engines);
    const lookup = await direct.lookUpDirectly(task, sources, imageContext);
    return async () => {
      const existing = direct.existingImages(lookup);
      if (dryRun && existing === undefined)
        return { ...placeholderImages(task, source, context), ...known, local: [] };
      const built = (dryRun && existing) || (await direct.buildDirectly(task, sources, lookup, imageContext));
      const { images, tags, reused, tested, durations: times, local } = built;
      if (dryRun) setImages(images);
      else context.report.set({ images: Object.fromEntries(images), tags, build: { reused, tested, times } });
      await requireOrigin(images.values(), !reused);
      return { images, tags, local, ...known };
    };
  }
  const found = await lookUpAttestedBuild(task, trust, imageContext, context);
  if (dryRun) {
    const existing = reusableImages(found);
    return async () => {
      const { images, tags } = existing ?? placeholderImages(task, source, context);
      if (existing !== undefined) {
        setImages(images);
        await requireOrigin(images.values(), false);
      }
      return { images, tags, ...known, local: [] };
    };
  }
  return async () => {
    const { images, tags, reused, tested, durations: times } = await buildImages(task, imageContext, found);
    context.report.set({ images: Object.fromEntries(images), tags, build: { reused, tested, times } });
    await requireOrigin(images.values(), !reused);
    return { images, tags, ...known, local: [] };
  };
}

/**
 * What the registry has of a commit. What is to be attested and is not yet, is built again: this run can't know who made it, and its word
 * would make it look as if it did.
 */
async function lookUpAttestedBuild(
  task: BuildTask,
  trust: Trust,
  imageContext: ImageContext,
  context: ImageReportContext,
): Promise<BuildLookup> {
  const found = await lookUpBuild(task, imageContext);
  const existing = reusableImages(found);
  if (!task.options.attest || existing === undefined) return found;
  if (await areAttested(existing.images.values(), trust, context)) return found;
  context.log.info(
    'The registry has this commit already, but nobody has attested how it was built. It is rebuilt.',
  );
  return { ...found, remotes: undefined };
}

/** A dry run builds nothing: an image that the registry lacks has a digest that no image has. */
function placeholderImages(
  { targets }: BuildTask,
  { repository, transfer }: BuildImageSource,
  { log }: ActionContext,
): Pick<DeployImages, 'images' | 'tags'> {
  const place = transfer === 'direct' ? 'Neither this runner nor a host has' : 'The registry does not have';
  log.info(`${place} this commit yet: it would be built.`);
  const keys = targets.flatMap((target) =>
    target.imageKeys.map((key) => [key, placeholderImage(target.repository)] as const),
  );
  return { images: new Map(keys.length > 0 ? keys : [['', placeholderImage(repository)]]), tags: [] };
}

/** Resolves the tag of an existing image to its digest, once, here, and verifies who made it. */
async function lookUpExistingImages(
  source: ExistingImageSource,
  registry: RegistryCredentials,
  engines: FindEngines,
  trust: Trust,
  context: ImageReportContext,
): Promise<CompleteLookup> {
  const isDirect = source.transfer === 'direct';
  const repositories = [...source.images.values()].map(({ repository }) => repository);
  const imageContext = await openImageContext(registry, isDirect ? [] : repositories, context);
  const found = isDirect
    ? (await import('./image/resolve-directly.ts')).resolveDirectly(source.images, engines, imageContext)
    : resolveImages(source.images, imageContext);
  const { images, tags, revision, local } = { local: [], ...(await found) };
  await requireTrust(images.values(), trust, imageContext, context);
  return async () => {
    context.report.set({ images: Object.fromEntries(images), tags });
    return { images, tags, revision, environment: imageContext.environment, local };
  };
}

async function openImageContext(
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
