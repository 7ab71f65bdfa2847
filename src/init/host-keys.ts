import { ConfigurationError } from '../model/errors.ts';
import type { RunProgram } from '../model/step-context.ts';
import type { InitOptions } from './init-options.ts';
import type { WorkFolder } from './work-folder.ts';

/** The host keys of a server that are believed, or that are to be confirmed, and why. */
export interface HostKeys {
  /** Lines for `known-hosts`. */
  readonly lines: readonly string[];
  /** `256 SHA256:… (ED25519)` of each. */
  readonly fingerprints: readonly string[];
  readonly isKnown: boolean;
}

/**
 * The host keys that the user's own ssh knows; else the one of `--fingerprint`, or one to confirm, of those that the server shows. A key
 * that the user has marked as revoked is none.
 * @throws ConfigurationError if the server shows none, or not the one of `--fingerprint`
 */
export async function findHostKeys(
  { server, fingerprint }: InitOptions,
  run: RunProgram,
  env: Readonly<Record<string, string>>,
): Promise<HostKeys> {
  const { hostname, port = 22 } = server;
  const name = port === 22 ? hostname : `[${hostname}]:${port}`;
  const known = await run('ssh-keygen', ['-F', name], { env, allowedExitCodes: [1, 255] });
  const revoked = keysIn(known.stdout, '@revoked');
  const ownLines = linesFor(name, known.stdout, revoked);
  const lines = ownLines.length > 0 ? ownLines : await scan(server, name, revoked, { run, env });
  const listed = await run('ssh-keygen', ['-l', '-f', '-'], { env, stdin: `${lines.join('\n')}\n` });
  const fingerprints = listed.stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\d+ \S+) .* (\(\S+\))$/, '$1 $2'));
  if (fingerprint === undefined)
    return ownLines.length > 0
      ? { lines, fingerprints, isKnown: true }
      : { ...onlyBestKey(lines, fingerprints), isKnown: false };
  const given = fingerprints.findIndex((each) => each.split(' ')[1] === fingerprint);
  if (given >= 0) {
    const kept = ownLines.length > 0 ? { lines, fingerprints } : onlyKey(given, lines, fingerprints);
    return { ...kept, isKnown: true };
  }
  const shown = ownLines.length > 0 ? 'is known to your ssh with' : 'shows';
  throw new ConfigurationError(
    `--fingerprint: ${server.name} ${shown} another host key: ${fingerprints.join(', ')}. Either the fingerprint is that of another server, or somebody stands between you and it.`,
  );
}

type ListedKeys = Pick<HostKeys, 'lines' | 'fingerprints'>;

/**
 * One key of those that were scanned. A server can show keys that it does not own: who stands between could add his own to the real ones,
 * and each that is kept lets him in later. So only the key that somebody compares is kept.
 */
const onlyKey = (index: number, lines: readonly string[], fingerprints: readonly string[]): ListedKeys => ({
  lines: lines.slice(index, index + 1),
  fingerprints: fingerprints.slice(index, index + 1),
});

/** The key to compare: the kind that each server has and that ssh likes best. */
function onlyBestKey(lines: readonly string[], fingerprints: readonly string[]): ListedKeys {
  const kinds = ['ssh-ed25519', 'ecdsa-'];
  const found = kinds.map((kind) => lines.findIndex((line) => line.split(' ')[1]?.startsWith(kind)));
  return onlyKey(found.find((index) => index >= 0) ?? 0, lines, fingerprints);
}

async function scan(
  { hostname, port, name: url }: InitOptions['server'],
  name: string,
  revoked: ReadonlySet<string>,
  { run, env }: Pick<WorkFolder, 'run' | 'env'>,
): Promise<readonly string[]> {
  const args = ['-T', '10', ...(port === undefined ? [] : ['-p', String(port)]), hostname];
  const scanned = await run('ssh-keyscan', args, { env, allowedExitCodes: [1] });
  const lines = linesFor(name, scanned.stdout, revoked);
  if (lines.length > 0) return lines;
  if (keysIn(scanned.stdout).size > 0)
    throw new ConfigurationError(
      `init: each host key that ${url} shows is marked as @revoked in the known_hosts of your ssh. Nothing was done. Give the server another key, or find out who answers in its place.`,
    );
  throw new ConfigurationError(
    `init: ${url} shows no host key: ${scanned.stderr.trim().split('\n').at(-1) || 'it does not answer'}. Check the address and the port. Behind a jump host, log in once with ssh, and run this again.`,
  );
}

/** Lines with the name of the host, which may be hashed, of its keys that are not revoked. */
const linesFor = (name: string, text: string, revoked: ReadonlySet<string>): readonly string[] =>
  [...keysIn(text)]
    .filter((key) => !revoked.has(key))
    .sort((one, other) => one.localeCompare(other))
    .map((key) => `${name} ${key}`);

/** `ssh-ed25519 AAAA…`: the keys of the lines with a marker, by default of those without one. */
function keysIn(text: string, marker?: '@revoked'): ReadonlySet<string> {
  const lines = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const words = lines.flatMap(([first = '', ...others]) => {
    if (first.startsWith('@')) return first === marker ? [others] : [];
    return marker === undefined ? [[first, ...others]] : [];
  });
  return new Set(words.map(([, type = '', key = '']) => `${type} ${key}`));
}
