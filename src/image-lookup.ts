import {
  type CompleteLookup,
  type ComposeFileResult,
  type DeployImages,
  type FindEngines,
  type ImageReportContext,
  lookUpImagesToBuild,
  openImageContext,
} from './build-lookup.ts';
import { resolveImages } from './image/resolve-images.ts';
import { requireTrust, type Trust } from './image-trust.ts';
import type { RegistryCredentials } from './model/credentials.ts';
import type { ExistingImageSource, ImageSource } from './model/image-source.ts';
import type { ImageVerification } from './model/image-verification.ts';
import { createBufferedLog } from './report/buffered-log.ts';
import { group } from './report/console.ts';
import { inBackground } from './run/promises.ts';

export type { DeployImages } from './build-lookup.ts';

/** A search for images in the registry that runs in the background. Its scope ends it. */
export interface ImageLookup extends AsyncDisposable {
  /** Logs what the registry has, then builds, tests and pushes what it lacks: once, however often it is asked. */
  resolve(): Promise<DeployImages>;
}

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
      : lookUpImagesToBuild({ source, registry, trust, dryRun }, composeFile, engines, background),
  );
  const complete = (): Promise<DeployImages> =>
    group(title, async () => {
      log.flush();
      return await (await lookup)();
    });
  let resolved: Promise<DeployImages> | undefined;
  return {
    resolve() {
      resolved ??= complete();
      return resolved;
    },
    async [Symbol.asyncDispose]() {
      closed.abort(new Error('The images are no longer needed.'));
      await lookup.catch(() => undefined);
      log.flush();
    },
  };
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
