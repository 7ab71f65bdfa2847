import { ConfigurationError } from '../model/errors.ts';
import type { Command } from '../model/request.ts';
import { actionFolder, INPUTS } from './declared-inputs.ts';
import { nearestWord } from './did-you-mean.ts';

/**
 * Warnings about inputs that were given and that the action does not have: the runner says as much, but not what was
 * meant. Only a warning, since a variable INPUT_… may as well come from the job's own environment.
 *
 * @throws ConfigurationError for a name that is right but for `_` and `-`: no accident, and `dry_run: true` that is
 * passed over would deploy.
 */
export function warnOfUnknownInputs(command: Command): readonly string[] {
  const declared = Object.keys(INPUTS[command]);
  const warnings: string[] = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith('INPUT_')) continue;
    const name = variable.slice('INPUT_'.length).toLowerCase();
    if (name === '' || declared.includes(name)) continue;
    const same = declared.find((known) => withoutSeparators(known) === withoutSeparators(name));
    if (same !== undefined) throw new ConfigurationError(`${name}: no such input. It is called "${same}".`);
    const elsewhere = actionsWithInput(name);
    const meant = nearestWord(name, declared);
    if (elsewhere.length > 0) {
      warnings.push(
        `${name}: not used. It is an input of ${elsewhere.join(', ')}, not of ${actionFolder(command)}.`,
      );
    } else if (meant !== undefined) {
      warnings.push(`${name}: not used, there is no such input. Did you mean "${meant}"?`);
    }
  }
  return warnings;
}

function actionsWithInput(name: string): readonly string[] {
  const commands = ['deliver', 'build', 'deploy', 'rollback', 'status'] as const;
  return commands.filter((command) => Object.hasOwn(INPUTS[command], name)).map(actionFolder);
}

function withoutSeparators(name: string): string {
  return name.replaceAll(/[-_ ]/g, '');
}
