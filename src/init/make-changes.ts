import { ConfigurationError } from '../model/errors.ts';
import type { InitOptions } from './init-options.ts';
import type { Person } from './person.ts';

/** Something that `init` changes at once. */
export interface Change {
  /** Lines that say it. */
  readonly what: readonly string[];
  make(): Promise<void>;
}

/**
 * Shows all changes, asks whether to make them, and makes them.
 * @returns lines that say what was made
 * @throws ConfigurationError without a yes
 */
export async function makeChanges(
  changes: readonly Change[],
  { yes }: InitOptions,
  { say, ask }: Person,
): Promise<readonly string[]> {
  const lines = changes.flatMap(({ what }) => what);
  if (lines.length === 0) {
    say('Nothing is missing.');
    return [];
  }
  say('This is missing, and will be made:');
  for (const line of lines) say(`  ${line}`);
  if (!yes) {
    const answer = await ask?.('Make it? [yes/no] ');
    if (answer !== 'yes')
      throw new ConfigurationError(
        ask === undefined
          ? 'init: nobody can be asked whether to make it. Give --yes. Nothing was done.'
          : 'init: not confirmed. Nothing was done.',
      );
  }
  for (const { what, make } of changes) {
    await make();
    for (const line of what) say(`✓ ${line}`);
  }
  return lines;
}
