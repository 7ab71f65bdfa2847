import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import type { InputValues } from './settings-file.ts';

/** Inputs whose text must not stand in the list of processes. */
const SECRETS = new Set([
  'ssh-key',
  'ssh-key-passphrase',
  'tls-key',
  'sign-key',
  'secrets',
  'registry-password',
  'github-token',
  'build-secrets',
  'kubeconfig',
]);

/** The variable that gives an input: `SEALIFT_SSH_KEY`. */
export const variableOf = (input: string): string => `SEALIFT_${input.replaceAll('-', '_').toUpperCase()}`;

/** What variables give, for inputs of these names. They are taken out of the environment: no program that is started gets a secret. */
export function takeInputVariables(
  names: readonly string[],
  environment: Record<string, string | undefined>,
): InputValues {
  return new Map(
    names.flatMap((name) => {
      const variable = variableOf(name);
      const value = environment[variable];
      delete environment[variable];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/**
 * The values of flags: `@file` is the text of a file, `@-` that of stdin, and `@@` begins a value that begins with `@`.
 * @throws ConfigurationError for a file that can't be read, and for a secret that stands in the command line
 */
export function readFlagValues(flags: InputValues): InputValues {
  return new Map([...flags].map(([name, value]) => [name, readFlagValue(name, value)]));
}

function readFlagValue(name: string, value: string): string {
  if (value.startsWith('@@')) return value.slice(1);
  if (value.startsWith('@')) return readFlagFile(name, value.slice(1));
  if (!SECRETS.has(name) || value === '') return value;
  throw new ConfigurationError(
    `--${name}: others on this machine can read a command line. Give it as --${name} @FILE, as --${name} @- from stdin, or in the variable ${variableOf(name)}.`,
  );
}

function readFlagFile(name: string, path: string): string {
  const file = path === '-' ? 0 : path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `--${name}: ${path === '-' ? 'stdin' : `"${path}"`} can't be read (${messageOf(error)}).`,
      {
        cause: error,
      },
    );
  }
}
