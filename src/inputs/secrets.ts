import { setSecret } from '@actions/core';
import { ConfigurationError } from '../model/errors.ts';
import type { Command } from '../model/request.ts';
import { defaultOfInput, type InputName } from './declared-inputs.ts';
import { Inputs } from './reader.ts';

/** A shorter piece of a secret appears in any text, and masking it would make the log unreadable. */
const MIN_PIECE_LENGTH = 8;
/** The runner refuses to mask less; a whole secret of two letters is masked, since the user called it one. */
const MIN_SECRET_LENGTH = 2;

/**
 * Everything that must never show of the inputs: the secrets, each line of those with several, and the forms in which
 * they travel (Basic authentication, JSON, URLs). The runner masks what comes from `secrets.*` as a whole, but no
 * derived form, and nothing of a secret that was read from elsewhere.
 */
export function collectSecrets(command: Command): readonly string[] {
  const inputs = new Inputs(command);
  const read = (name: InputName) =>
    defaultOfInput(command, name) === undefined ? undefined : inputs.text(name);
  const masks = new Set<string>();
  const whole = (text: string | undefined) => {
    if (text !== undefined && text.length >= MIN_SECRET_LENGTH)
      for (const form of encodedForms(text)) masks.add(form);
  };
  for (const name of ['ssh-key', 'tls-key'] as const)
    for (const piece of privateKeyMasks(read(name))) masks.add(piece);
  for (const name of ['ssh-key-passphrase', 'registry-password', 'github-token'] as const) whole(read(name));

  const username = read('registry-username');
  for (const [user, password] of [
    [username, read('registry-password')],
    [process.env['GITHUB_ACTOR'], read('github-token')],
    ['x-access-token', read('github-token')],
  ] as const) {
    if (user !== undefined && password !== undefined) masks.add(base64(`${user}:${password}`));
  }

  for (const value of buildSecretValues(inputs, read('build-secrets'))) {
    whole(value);
    for (const line of nonEmptyLines(value)) if (line.length >= MIN_PIECE_LENGTH) masks.add(line);
  }

  for (const text of [...nonEmptyLines(read('hosts')), read('url') ?? '']) {
    const [user, password] = urlCredentials(text);
    whole(password);
    if (password !== undefined) masks.add(base64(`${user}:${password}`));
  }
  return [...masks];
}

/** Tells the runner, before anything else is read or said. */
export function maskSecrets(command: Command): void {
  for (const secret of collectSecrets(command)) setSecret(secret);
}

/** The lines of a PEM text without its BEGIN and END, which are no secret and in every log that speaks of keys. */
function privateKeyMasks(key: string | undefined): readonly string[] {
  if (key === undefined) return [];
  const lines = nonEmptyLines(key)
    .flatMap((line) => line.split('\\n'))
    .filter((line) => !line.startsWith('-----'));
  const long = lines.filter((line) => line.length >= MIN_PIECE_LENGTH);
  return [...long, ...(long.length > 1 ? [lines.join('')] : []), base64(key), base64(`${key}\n`)];
}

function encodedForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64(secret), base64(`${secret}\n`)];
}

/** Lines that can't be read are told by the validation that follows; masked they are all the same. */
function buildSecretValues(inputs: Inputs, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  try {
    return [...inputs.pairs('build-secrets', { pattern: /./, hint: '' }).values()];
  } catch (error) {
    if (error instanceof ConfigurationError) return nonEmptyLines(text);
    throw error;
  }
}

function urlCredentials(text: string): readonly [string, string | undefined] {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?<user>[^:/@]*):(?<password>[^/]+)@/i.exec(text)?.groups;
  return [found?.['user'] ?? '', found?.['password']];
}

function nonEmptyLines(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
