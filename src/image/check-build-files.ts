import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { checkoutQuestion } from '../model/place-words.ts';
import type { BuildRecipe } from './bake-definition.ts';
import type { ImageBuild } from './build-targets.ts';

/**
 * Checks that an image's context and Dockerfile exist before a builder is called. A context outside the checkout, such as a
 * Git URL, is not checked.
 * @throws ConfigurationError that names the input, or the service of the Compose file, and the missing path
 */
export function checkBuildFiles({ service }: ImageBuild, { target }: BuildRecipe, workspace: string): void {
  const { context, dockerfile } = target;
  if (!isAbsolute(context)) return;
  const shown = (path: string): string => relative(workspace, path) || '.';
  const where = (input: string): string =>
    service === '' ? `${input}:` : `compose-file: ${input} of service ${service}:`;
  if (!existsSync(context) || !statSync(context).isDirectory()) {
    throw new ConfigurationError(
      `${where('context')} the folder ${shown(context)} does not exist. ${checkoutQuestion()}`,
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
        ? ` The path starts at the top of the checkout: ${inputSetting('file', shown(inContext))}`
        : dockerfile === undefined
          ? ` Set "${inputRef('file')}" to its path, or "${inputRef('context')}" to its folder.`
          : '';
  const input = service === '' ? 'file' : 'dockerfile';
  throw new ConfigurationError(`${where(input)} there is no ${shown(file)}.${advice}`);
}
