import type { ActionContext } from './action-context.ts';
import type { AppEnvironment } from './model/app-environment.ts';
import type { ComposeSource } from './model/deploy-options.ts';
import { ComposeUnavailableError } from './release/compose/compose-cli.ts';
import { type ResolvedCompose, resolveCompose } from './release/compose/resolve.ts';
import { programEnvironment } from './run/environment.ts';
import { bringCompose, type ComposePlugin, withComposePlugin } from './tools/compose-plugin.ts';

/** A resolved Compose file, and the Compose that had to be brought for it. */
export interface ComposeFile {
  readonly resolved: ResolvedCompose;
  readonly composePlugin: ComposePlugin;
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
