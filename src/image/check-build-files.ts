import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import type { BuildRecipe } from './bake-definition.ts';
import { missingContextMessage } from './build-errors.ts';
import type { BuildTarget } from './build-targets.ts';

/**
 * Checks that an image's context and Dockerfile exist before a builder is called. A context outside the checkout, such as a
 * Git URL, is not checked.
 * @throws ConfigurationError that names the input, or the service of the Compose file, and the missing path
 */
export function checkBuildFiles({ service }: BuildTarget, { target }: BuildRecipe, workspace: string): void {
  const { context, dockerfile } = target;
  if (!isAbsolute(context)) return;
  const shown = (path: string): string => relative(workspace, path) || '.';
  if (!existsSync(context) || !statSync(context).isDirectory()) {
    const message = missingContextMessage(shown(context));
    throw new ConfigurationError(
      service === '' ? message : message.replace(/^context:/, `compose-file: context of service ${service}:`),
    );
  }
  if (target['dockerfile-inline'] !== undefined) return;
  const file = resolve(context, dockerfile ?? 'Dockerfile');
  // BuildKit accepts `dockerfile` as well.
  if (existsSync(file) || (dockerfile === undefined && existsSync(join(context, 'dockerfile')))) return;
  const inContext = join(context, relative(workspace, file));
  const advice =
    service !== ''
      ? ''
      : existsSync(inContext)
        ? ` The path starts at the top of the checkout: file: ${shown(inContext)}`
        : dockerfile === undefined
          ? ' Set "file" to its path, or "context" to its folder.'
          : '';
  const where = service === '' ? 'file:' : `compose-file: dockerfile of service ${service}:`;
  throw new ConfigurationError(`${where} there is no ${shown(file)}.${advice}`);
}
