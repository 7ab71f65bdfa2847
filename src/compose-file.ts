import type { ActionContext } from './action-context.ts';
import type { AppEnvironment } from './model/app-environment.ts';
import type { ComposeSource } from './model/deploy-options.ts';
import type { ImageSource } from './model/image-source.ts';
import { ComposeUnavailableError } from './release/compose/compose-cli.ts';
import { minimalComposeFile } from './release/compose/minimal-compose-file.ts';
import { type ResolvedCompose, resolveCompose } from './release/compose/resolve.ts';
import { programEnvironment } from './run/environment.ts';
import { bringCompose, type ComposePlugin, withComposePlugin } from './tools/compose-plugin.ts';

/** A resolved Compose file, and the Compose that had to be brought for it. */
export interface ComposeFile {
  readonly resolved: ResolvedCompose;
  readonly composePlugin: ComposePlugin;
}

/** What is deployed with a Compose file, or with the one that the inputs describe. */
interface ComposeRequest {
  readonly destination: AppEnvironment;
  readonly source: ImageSource;
  readonly options: { readonly compose: ComposeSource };
}

/** Resolves the Compose file of a deploy, and logs the one that is used in its place if there is none. Throws as below. */
export async function readDeployComposeFile(
  { destination, source, options }: ComposeRequest,
  context: ActionContext,
): Promise<ComposeFile> {
  if (options.compose.files === undefined) {
    context.log.info('There is no Compose file, so this one is used:');
    const lines = minimalComposeFile(destination.app, options.compose).trimEnd().split('\n');
    for (const line of lines) context.log.info(`  ${line}`);
  }
  const repository =
    source.kind === 'build' ? source.repository : (source.images.get('')?.repository ?? destination.app);
  return await resolveComposeFile(options.compose, destination, repository, context);
}

/**
 * Resolves the Compose file of the checkout with the runner's own Compose. Only if that shows that there is none, or one that
 * is too old, Sealift brings one and starts over: so a runner that has Compose is not asked for its version.
 * @param image repository of the image that `${IMAGE}` stands for
 * @throws ConfigurationError that names `compose-file`; SealiftError if Compose is needed and can't be had
 */
export async function resolveComposeFile(
  source: ComposeSource,
  app: AppEnvironment,
  image: string,
  context: Pick<ActionContext, 'run' | 'log' | 'folder' | 'signal'>,
): Promise<ComposeFile> {
  const resolve = (environment?: Readonly<Record<string, string>>): Promise<ResolvedCompose> =>
    resolveCompose(source, app, image, process.cwd(), context, environment);
  try {
    return { resolved: await resolve(), composePlugin: undefined };
  } catch (error) {
    if (!(error instanceof ComposeUnavailableError)) throw error;
    const composePlugin = await bringCompose(error.shortcoming, context, context.signal);
    const environment = await withComposePlugin(programEnvironment(), composePlugin, context);
    return { resolved: await resolve(environment), composePlugin };
  }
}
