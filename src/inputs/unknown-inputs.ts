import { ConfigurationError } from '../model/errors.ts';
import type { Command } from '../model/request.ts';
import { INPUTS } from './declared-inputs.ts';
import { nearestWord } from './did-you-mean.ts';

/**
 * Warnings about given inputs that the action does not have. The runner warns as well, but it can't say what was meant.
 * Only a warning, because a variable INPUT_… may also come from the environment of the job.
 *
 * @throws ConfigurationError for a name that differs from an input only by `_` and `-`. That is no coincidence, and
 * ignoring `dry_run: true` would deploy.
 */
export function warnOfUnknownInputs(command: Command): readonly string[] {
  const declared = Object.keys(INPUTS[command]);
  const warnings: string[] = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith('INPUT_')) continue;
    const name = variable.slice('INPUT_'.length).toLowerCase();
    if (name === '' || declared.includes(name)) continue;
    const intended = declared.find((known) => withoutSeparators(known) === withoutSeparators(name));
    if (intended !== undefined)
      throw new ConfigurationError(`${name}: there is no such input. Write "${intended}".`);
    const others = actionsWithInput(name);
    const meant = nearestWord(name, declared);
    if (others.length > 0) {
      const owners = others.join(', ');
      warnings.push(`${name}: not used. It is an input of ${owners}, not of ${actionFolder(command)}.`);
    } else if (meant !== undefined) {
      warnings.push(`${name}: not used, because there is no such input. Did you mean "${meant}"?`);
    }
  }
  return warnings;
}

function actionsWithInput(name: string): readonly string[] {
  const all = Object.entries(INPUTS);
  return all.flatMap(([command, inputs]) => (Object.hasOwn(inputs, name) ? actionFolder(command) : []));
}

/** The action of a command as a user writes it in `uses:`. */
const actionFolder = (command: string): string => (command === 'deliver' ? 'the main action' : `${command}/`);

const withoutSeparators = (name: string): string => name.replaceAll(/[-_ ]/g, '');
