import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { CLI_COMMANDS, type CliCommand } from '../../src/cli/cli-commands.ts';
import { completionScript } from '../../src/cli/completion.ts';
import { INIT_FLAGS } from '../../src/init/init-options.ts';
import { actionFile } from '../inputs/runner.ts';

const COMMANDS = Object.keys(CLI_COMMANDS) as readonly CliCommand[];

/** What bash offers for the last of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${completionScript('bash')}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_sealift
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, 'bash', 'sealift', ...words], { encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '');
}

test('bash offers the commands, and those that begin as the word does', () => {
  expect(offered('')).toEqual([...COMMANDS, 'init', 'completion', 'help', 'version']);
  expect(offered('de')).toEqual(['deliver', 'deploy']);
  expect(offered('help', 'ro')).toEqual(['rollback']);
  expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
});

test.each(COMMANDS)('after %s, bash offers the inputs of its action as flags', (command) => {
  const inputs = Object.keys(actionFile(command).inputs).filter((name) => name !== 'check-run-id');
  const own = ['from', 'job', 'settings', 'json', 'verbose', 'help'];
  expect(offered(command, '--')).toEqual([...inputs, ...own].map((name) => `--${name}`));
});

test('after init, it offers those of init', () => {
  expect(offered('init', '--')).toEqual(Object.keys(INIT_FLAGS).map((name) => `--${name}`));
});

test('zsh reads what bash does', () => {
  expect(completionScript('zsh')).toContain(completionScript('bash'));
  expect(completionScript('zsh')).toMatch(/^autoload -U \+X bashcompinit && bashcompinit\n/);
});

test('fish gets the same commands and flags, a line for each', () => {
  const lines = completionScript('fish').trimEnd().split('\n');
  for (const line of lines)
    expect(line).toMatch(
      /^complete -c sealift -n (?:__fish_use_subcommand -f -a [a-z]+ -d '[^']+'|'__fish_seen_subcommand_from [a-z]+' -l [a-z-]+)$/,
    );
  const flags = (command: string): readonly string[] =>
    lines.flatMap((line) => new RegExp(`_from ${command}' -l (.+)$`).exec(line)?.slice(1) ?? []);
  for (const command of [...COMMANDS, 'init'])
    expect(flags(command).map((name) => `--${name}`)).toEqual(offered(command, '--'));
});

test.each([
  ['basj', 'completion: name the shell: bash, zsh or fish. "basj" has none. Did you mean "bash"?'],
  [undefined, 'completion: name the shell: bash, zsh or fish.'],
])('the shell %s has none', (shell, message) => {
  expect(() => completionScript(shell)).toThrow(message);
});
