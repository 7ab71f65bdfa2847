import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import type { BuildRecipe } from './bake-definition.ts';
import type { BuildTarget } from './build-targets.ts';

/**
 * Looks for the context and the Dockerfile of an image, where they lie in the checkout, before a builder is asked.
 * @throws ConfigurationError naming the input, or the service of the Compose file, and where such a file is.
 */
export function checkBuildFiles({ service }: BuildTarget, { target }: BuildRecipe, workspace: string): void {
  const { context, dockerfile } = target;
  if (!isAbsolute(context)) return;
  const shown = (path: string): string => relative(workspace, path) || '.';
  const where = (input: string): string =>
    service === ''
      ? `${input}:`
      : `compose-file: ${input === 'file' ? 'dockerfile' : input} of service ${service}:`;
  if (!existsSync(context) || !statSync(context).isDirectory()) {
    throw new ConfigurationError(
      `${where('context')} the folder ${shown(context)} does not exist. Is actions/checkout run before this step?`,
    );
  }
  if (target['dockerfile-inline'] !== undefined) return;
  const file = isAbsolute(dockerfile ?? '') ? (dockerfile ?? '') : join(context, dockerfile ?? 'Dockerfile');
  // BuildKit takes `dockerfile` as well.
  if (existsSync(file) || (dockerfile === undefined && existsSync(join(context, 'dockerfile')))) return;
  const inContext = join(context, relative(workspace, file));
  const advice =
    service === '' && existsSync(inContext)
      ? ` It is looked for from the checkout's top: file: ${shown(inContext)}`
      : service === '' && dockerfile === undefined
        ? ' Set "file" to its path, or "context" to its folder.'
        : '';
  throw new ConfigurationError(`${where('file')} there is no ${shown(file)}.${advice}`);
}
