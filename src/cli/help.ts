import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { INIT_FLAGS } from '../init/init-options.ts';
import { asObject, asText } from '../model/json.ts';
import { CLI_COMMANDS, type CliCommand, inputsOf, isSwitch, OWN_FLAGS } from './cli-commands.ts';
import { variableOf } from './flag-values.ts';

const USAGE = `Sealift: takes a commit to a running, verified, reversible container on your own servers.

Usage: sealift COMMAND [--FLAG VALUE …]

`;

/** The commands. */
export function generalHelp(): string {
  const rows = Object.entries(CLI_COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  const more = [
    ['init', 'prepare a server, and write the workflow'],
    ['completion SHELL', 'print the completion for bash, zsh or fish'],
    ['version', 'print the version'],
  ] as const;
  return `${USAGE}${table([...rows, ...more])}
The flags are the inputs of the action, with the same meaning: sealift COMMAND --help.
Keys and host keys are those of ssh, unless --ssh-key and --known-hosts are given.
Exit code: 0 if it was done, 1 if it failed, 2 if something must be given in another way, 130 if it was interrupted.
`;
}

export function initHelp(): string {
  const flags = Object.entries(INIT_FLAGS).map(
    ([name, { value, about }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, about] as const,
  );
  return `sealift init ssh://root@HOST: prepare a server, and write the workflow

${table(flags)}
It looks first, shows what is missing, and asks. It can be run again: what is there stays as it is. The login is that of your ssh; it
must be root, or may use sudo without a password.
`;
}

/**
 * The flags of one command, with the descriptions in its action.yml.
 * @param root the folder that has the action.yml files
 */
export async function commandHelp(command: CliCommand, root: string): Promise<string> {
  const { action, summary } = CLI_COMMANDS[command];
  const declared = asObject(asObject(parse(await readFile(join(root, action), 'utf8')))['inputs']);
  const own = Object.entries(OWN_FLAGS).map(
    ([name, { value, about }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, about] as const,
  );
  const inputs = Object.entries(inputsOf(command)).map(([name, fallback]) => {
    const about = asText(asObject(declared[name])['description']) ?? '';
    const usual = fallback === '' || isSwitch(command, name) ? '' : ` (default: ${fallback})`;
    return [`--${name}${isSwitch(command, name) ? '' : ' TEXT'}`, `${about}${usual}`] as const;
  });
  return `sealift ${command}: ${summary}

${table(own)}
Inputs:
${table(inputs)}
A TEXT of several lines may be given as several flags. @FILE is the text of a file, @- that of stdin. --no-FLAG switches one off.
An input may also stand in a variable, such as ${variableOf('ssh-key')}, or in sealift.yaml.
`;
}

/** Columns at most, for a terminal of the usual width. */
const WIDTH = 100;
const FIRST = 26;

function table(rows: readonly (readonly [string, string])[]): string {
  return rows
    .map(([name, about]) => {
      const [first = '', ...others] = wrap(about, WIDTH - FIRST - 2);
      const head =
        name.length < FIRST ? `  ${name.padEnd(FIRST)}${first}` : `  ${name}\n  ${' '.repeat(FIRST)}${first}`;
      return [head, ...others.map((line) => `  ${' '.repeat(FIRST)}${line}`)]
        .map((line) => `${line}\n`)
        .join('');
    })
    .join('');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}
