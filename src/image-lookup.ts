import type { ActionContext } from './action-context.ts';
import { type BuildLookup, buildImages, lookUpBuild, reusableImages } from './image/build-images.ts';
import type { BuildTask } from './image/build-plan.ts';
import { buildTargetsOf, placeholderImage } from './image/build-targets.ts';
import { loginToRegistries } from './image/login.ts';
import { type ResolvedImages, resolveImages } from './image/resolve-images.ts';
import { DEFAULT_RETRY_POLICY } from './image/retry.ts';
import type { ImageContext } from './image/run-bake.ts';
import type { PinnedImage } from './model/image.ts';
import type { ImageSource, RegistryCredentials } from './model/request.ts';
import type { ResolvedCompose } from './release/compose/resolve.ts';
import { createBufferedLog } from './report/buffered-log.ts';
import { group } from './report/console.ts';
import { inBackground } from './run/promises.ts';

/** Images by digest, and the environment in which `docker` may pull them. */
export interface DeployImages {
  /** By service, and under '' what `${IMAGE}` stands for. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  readonly tags: readonly string[];
  /** The commit that they were built from, as far as is known. */
  readonly revision: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Images that were asked for: the registry is being asked what it has, while other things are done and told. */
export interface ImageLookup {
  /** Tells what the registry has, and makes what is to be made. */
  resolve(): Promise<DeployImages>;
  /** Ends what is still under way; nothing of it is left when this resolves. */
  close(): Promise<void>;
}

/** The Compose file; `undefined` where there is none. */
interface ComposeFileResult {
  readonly resolved: Pick<ResolvedCompose, 'config' | 'contents'> | undefined;
}

/**
 * Asks for the images that the Compose file and the inputs describe. Logs in and looks at once; changes nothing until it is
 * to be filled.
 * @param reading waited for only where something is to be built
 */
export function startImageLookup(
  { source, registry }: { readonly source: ImageSource; readonly registry: RegistryCredentials },
  reading: Promise<ComposeFileResult>,
  { dryRun }: { readonly dryRun: boolean },
  context: ActionContext,
): ImageLookup {
  const closed = new AbortController();
  const log = createBufferedLog(context.tools.log);
  const background: ActionContext = {
    ...context,
    tools: { ...context.tools, log },
    signal: AbortSignal.any([context.signal, closed.signal]),
  };
  const lookup =
    source.kind === 'build'
      ? startBuildLookup(source, registry, reading, dryRun, background)
      : startExistingLookup(source, registry, background);
  return {
    resolve: () => lookup.resolve(() => log.flush()),
    async close() {
      closed.abort(new Error('What was looked for is no longer needed.'));
      await lookup.pending.catch(() => undefined);
      log.flush();
    },
  };
}

interface PendingLookup {
  readonly pending: Promise<unknown>;
  resolve(showLog: () => void): Promise<DeployImages>;
}

/** Builds, tests and pushes, unless the registry has it. */
function startBuildLookup(
  source: ImageSource & { readonly kind: 'build' },
  registry: RegistryCredentials,
  reading: Promise<ComposeFileResult>,
  dryRun: boolean,
  context: ActionContext,
): PendingLookup {
  const runLookup = async (): Promise<{ task: BuildTask; shop: ImageContext; found: BuildLookup }> => {
    const { resolved } = await reading;
    const targets = buildTargetsOf(resolved?.config, source);
    const contents = resolved?.contents ?? new Map<string, string>();
    const task: BuildTask = { targets, options: source.options, commit: context.commit, contents };
    const repositories = targets.map((target) => target.repository);
    const imageContext = await openImageContext(registry, repositories, context);
    return { task, shop: imageContext, found: await lookUpBuild(task, imageContext) };
  };
  const pending = inBackground(runLookup());
  return {
    pending,
    resolve: (showLog) =>
      group(dryRun ? 'Look for the image' : 'Build, test and push', async () => {
        showLog();
        const { task, shop: imageContext, found } = await pending;
        const known = { revision: context.commit.sha, environment: imageContext.environment };
        if (dryRun) return { ...dryRunImages(task, found, source.repository, context), ...known };
        const {
          images,
          tags,
          reused,
          tested,
          durations: times,
        } = await buildImages(task, imageContext, found);
        const build = { reused, tested, times };
        Object.assign(context.report, { images: Object.fromEntries(images), tags, build });
        return { images, tags, ...known };
      }),
  };
}

/** In a dry run nothing is built: what the registry has already is shown by digest, all else by one that no image has. */
function dryRunImages(
  task: BuildTask,
  found: BuildLookup,
  repository: string,
  context: ActionContext,
): Pick<DeployImages, 'images' | 'tags'> {
  const existing = reusableImages(found);
  if (existing !== undefined) {
    context.report.images = Object.fromEntries(existing.images);
    return existing;
  }
  context.tools.log.info('The registry does not have this commit yet: it would be built.');
  const keys = task.targets.flatMap((target) =>
    target.imageKeys.map((key) => [key, placeholderImage(target.repository)] as const),
  );
  return { images: new Map(keys.length > 0 ? keys : [['', placeholderImage(repository)]]), tags: [] };
}

/** Finds images that exist already; a tag is resolved to a digest once, here. */
function startExistingLookup(
  source: ImageSource & { readonly kind: 'existing' },
  registry: RegistryCredentials,
  context: ActionContext,
): PendingLookup {
  const runLookup = async (): Promise<ResolvedImages & Pick<DeployImages, 'environment'>> => {
    const repositories = [...source.images.values()].map((image) => image.repository);
    const imageContext = await openImageContext(registry, repositories, context);
    return { ...(await resolveImages(source.images, imageContext)), environment: imageContext.environment };
  };
  const pending = inBackground(runLookup());
  return {
    pending,
    resolve: (showLog) =>
      group('Find the image', async () => {
        showLog();
        const { images, tags, revision, environment } = await pending;
        Object.assign(context.report, { images: Object.fromEntries(images), tags });
        return { images, tags, revision, environment };
      }),
  };
}

async function openImageContext(
  registry: RegistryCredentials,
  repositories: readonly string[],
  context: ActionContext,
): Promise<ImageContext> {
  const { tools, signal } = context;
  const { environment } = await loginToRegistries(registry, repositories, tools, { signal });
  return { tools, environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY, signal };
}
