import type { ComposeConfig } from '../../model/compose-config.ts';
import { mapStrings } from '../../model/json.ts';
import { type ComposeCli, parseComposeConfig, runComposeConfig } from './compose-cli.ts';

/** A variable in a Compose file: `$NAME`, `${NAME}`, `${NAME:-…}`. `$$` is a dollar sign. */
const VARIABLE = /\$\$|\$\{?([A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * Those of `names` that something uses that is deployed. Compose interpolates a file before it leaves out the services of
 * inactive profiles, so it also warns of variables that only these use. If that can't be found out, all are in use.
 *
 * @param active the services of the resolved file
 */
export async function variablesInUse(
  cli: ComposeCli,
  names: readonly string[],
  active: ComposeConfig['services'],
): Promise<readonly string[]> {
  const flags = ['--no-interpolate', '--no-path-resolution', '--no-env-resolution'];
  const written = await runComposeConfig(cli, flags)
    .then(({ stdout }) => parseComposeConfig(stdout))
    .catch(() => undefined);
  if (written === undefined) return names;
  const { services, ...others } = written;
  const used = { active: variablesIn(others), inactive: new Set<string>() };
  for (const [name, service] of Object.entries(services))
    for (const variable of variablesIn(service)) used[name in active ? 'active' : 'inactive'].add(variable);
  // A variable that is nowhere in the text is used by an env_file.
  return names.filter((name) => used.active.has(name) || !used.inactive.has(name));
}

function variablesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  mapStrings(value, (text) => {
    for (const [, name] of text.matchAll(VARIABLE)) if (name !== undefined) found.add(name);
    return text;
  });
  return found;
}
