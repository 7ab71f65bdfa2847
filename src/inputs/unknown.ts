import { ConfigurationError } from '../model/errors.ts';
import type { Command } from '../model/request.ts';
import { folderOf, INPUTS } from './declared.ts';
import { nearest } from './nearest.ts';

/**
 * Warnings about inputs that were given and that the action does not have: the runner says as much, but not what was
 * meant. Only a warning, since a variable INPUT_… may as well come from the job's own environment.
 *
 * @throws ConfigurationError for a name that is right but for `_` and `-`: no accident, and `dry_run: true` that is
 * passed over would deploy.
 */
export function unknownInputs(command: Command): readonly string[] {
  const declared = Object.keys(INPUTS[command]);
  const warnings: string[] = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith('INPUT_')) continue;
    const name = variable.slice('INPUT_'.length).toLowerCase();
    if (name === '' || declared.includes(name)) continue;
    const same = declared.find((known) => squeezed(known) === squeezed(name));
    if (same !== undefined) throw new ConfigurationError(`${name}: no such input. It is called "${same}".`);
    const elsewhere = commandsWith(name);
    const meant = nearest(name, declared);
    if (elsewhere.length > 0) {
      warnings.push(
        `${name}: not used. It is an input of ${elsewhere.join(', ')}, not of ${folderOf(command)}.`,
      );
    } else if (meant !== undefined) {
      warnings.push(`${name}: not used, there is no such input. Did you mean "${meant}"?`);
    }
  }
  return warnings;
}

function commandsWith(name: string): readonly string[] {
  const commands = ['deliver', 'build', 'deploy', 'rollback', 'status'] as const;
  return commands.filter((command) => Object.hasOwn(INPUTS[command], name)).map(folderOf);
}

function squeezed(name: string): string {
  return name.replaceAll(/[-_ ]/g, '');
}
