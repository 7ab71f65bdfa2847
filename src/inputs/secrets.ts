import { ConfigurationError } from '../model/errors.ts';
import type { InputName } from '../model/input-ref.ts';
import type { Command } from '../model/request.ts';
import { readSshVariables } from './access.ts';
import { Inputs } from './reader.ts';
import { jobTokenUser, loginPairs } from './registry.ts';
import { readSecretContents } from './secret-contents.ts';

/** Other text contains shorter pieces of a secret as well; masking them would make the log unreadable. */
const MIN_PIECE_LENGTH = 8;
/** The runner refuses to mask less. A secret of two letters is masked, because the user declared it secret. */
const MIN_SECRET_LENGTH = 2;

/**
 * Masks in the log everything that must never be visible: the secrets, each line of those with several lines, and the forms
 * in which they are sent (Basic authentication, JSON, URLs). The runner masks only the values of `secrets.*`, without
 * derived forms, and knows nothing of a secret from elsewhere. Must run before anything else is read or printed.
 *
 * @param mask hides a text from now on
 */
export function maskSecrets(command: Command, mask: (secret: string) => void): void {
  const inputs = new Inputs(command);
  const read = (name: InputName) => (inputs.has(name) ? inputs.text(name) : undefined);
  const masks = new Set<string>();
  const addWithForms = (text: string | undefined) => {
    if (text !== undefined && text.length >= MIN_SECRET_LENGTH)
      for (const form of encodedForms(text)) masks.add(form);
  };
  for (const name of ['ssh-key', 'tls-key', 'sign-key'] as const)
    for (const piece of privateKeyMasks(read(name))) masks.add(piece);
  for (const piece of kubeconfigMasks(read('kubeconfig'))) masks.add(piece);
  for (const name of ['ssh-key-passphrase', 'registry-password', 'github-token'] as const)
    addWithForms(read(name));

  const addLines = (text: string): void => {
    addWithForms(text);
    for (const line of nonEmptyLines(text)) if (line.length >= MIN_PIECE_LENGTH) masks.add(line);
  };

  const logins = registryLogins(read('registry-username'), read('registry-password'));
  for (const [user, password] of [
    ...logins,
    [jobTokenUser(), read('github-token')],
    ['x-access-token', read('github-token')],
  ] as const) {
    if (password !== undefined) masks.add(base64(`${user}:${password}`));
  }
  for (const [, password] of logins) addLines(password);
  for (const value of buildSecretValues(inputs, read('build-secrets'))) addLines(value);

  for (const value of secretContentValues(inputs)) addLines(value);

  for (const value of sshVariableValues(inputs)) if (value.length >= MIN_PIECE_LENGTH) addWithForms(value);

  for (const text of [...nonEmptyLines(read('hosts')), read('url') ?? '']) {
    const [user, password] = urlCredentials(text);
    addWithForms(password);
    if (password !== undefined) masks.add(base64(`${user}:${password}`));
  }
  for (const each of masks) mask(each);
}

/** The lines of a PEM text without BEGIN and END, which are not secret and appear in every log about keys. */
function privateKeyMasks(key: string | undefined): readonly string[] {
  if (key === undefined) return [];
  const lines = nonEmptyLines(key)
    .flatMap((line) => line.split('\\n'))
    .filter((line) => !line.startsWith('-----'));
  const long = lines.filter((line) => line.length >= MIN_PIECE_LENGTH);
  return [...long, ...(long.length > 1 ? [lines.join('')] : []), base64(key), base64(`${key}\n`)];
}

/** A key of YAML or JSON and its value. A key begins where no other does, so a megabyte of letters is read once. */
const KEY_AND_VALUE = /(?<![\w-])([\w-]+)["']?\s*:\s*["']?([^\s"',}]+)/g;
/** Behind such a name stands a token, a password or a key. */
const SECRET_KEY = /(?:token|password|key-data|client-secret|secret|value)$/i;

/** Also the keys in their PEM form. */
function kubeconfigMasks(kubeconfig: string | undefined): readonly string[] {
  if (kubeconfig === undefined) return [];
  const values = [...kubeconfig.matchAll(KEY_AND_VALUE)].flatMap(([, key = '', value = '']) =>
    SECRET_KEY.test(key) ? [value] : [],
  );
  const long = values.filter((value) => value.length >= MIN_PIECE_LENGTH);
  return long.flatMap((value) => {
    const decoded = Buffer.from(value, 'base64').toString();
    return decoded.includes('-----BEGIN') ? [value, ...privateKeyMasks(decoded)] : encodedForms(value);
  });
}

function encodedForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64(secret), base64(`${secret}\n`)];
}

/** The values; the lines if the text is malformed. The validation that follows reports that, and it must not show them. */
function buildSecretValues(inputs: Inputs, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  try {
    return [...inputs.pairs('build-secrets', { pattern: /./, hint: '' }).values()];
  } catch (error) {
    if (error instanceof ConfigurationError) return nonEmptyLines(text);
    throw error;
  }
}

/** Pairs of user name and password. Of malformed text, everything that may be a password. */
function registryLogins(
  username: string | undefined,
  password: string | undefined,
): readonly (readonly [string, string])[] {
  try {
    return loginPairs(username, password);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const lines = nonEmptyLines(password);
    return [...lines, ...lines.map((line) => line.slice(line.indexOf('=') + 1))].map((text) => ['', text]);
  }
}

/** The contents of `secrets`; the lines if the text is malformed. */
function secretContentValues(inputs: Inputs): readonly string[] {
  if (!inputs.has('secrets')) return [];
  try {
    return [...readSecretContents(inputs).values()];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const lines = nonEmptyLines(inputs.text('secrets'));
    return [...lines, ...lines.map((line) => line.slice(line.indexOf('=') + 1))];
  }
}

/** The values of `ssh-env`. Short ones are settings such as `true`. */
function sshVariableValues(inputs: Inputs): readonly string[] {
  if (!inputs.has('ssh-env')) return [];
  try {
    return Object.values(readSshVariables(inputs) ?? {});
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return nonEmptyLines(inputs.text('ssh-env')).map((line) => line.replace(/^[A-Za-z_]\w*(?:=|$)/, ''));
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

const base64 = (text: string): string => Buffer.from(text).toString('base64');
