import { ConfigurationError } from '../model/errors.ts';
import type { RunProgram } from '../model/step-context.ts';
import type { InitOptions } from './init-options.ts';

/** The host keys of a server, and why they are believed. */
export interface HostKeys {
  /** Lines for `known-hosts`. */
  readonly lines: readonly string[];
  /** `256 SHA256:… (ED25519)` of each. */
  readonly fingerprints: readonly string[];
  readonly isKnown: boolean;
}

/**
 * The host keys that the user's own ssh knows, or those that the server shows.
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
  const ownLines = linesFor(name, known.stdout);
  const lines = ownLines.length > 0 ? ownLines : await scan(server, name, run, env);
  const listed = await run('ssh-keygen', ['-l', '-f', '-'], { env, stdin: `${lines.join('\n')}\n` });
  const fingerprints = listed.stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\d+ \S+) .* (\(\S+\))$/, '$1 $2'));
  if (fingerprint === undefined) return { lines, fingerprints, isKnown: ownLines.length > 0 };
  if (fingerprints.some((each) => each.split(' ')[1] === fingerprint))
    return { lines, fingerprints, isKnown: true };
  throw new ConfigurationError(
    `--fingerprint: ${server.name} shows another host key: ${fingerprints.join(', ')}. Either the fingerprint is that of another server, or somebody stands between you and it.`,
  );
}

async function scan(
  { hostname, port, name: url }: InitOptions['server'],
  name: string,
  run: RunProgram,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const args = ['-T', '10', ...(port === undefined ? [] : ['-p', String(port)]), hostname];
  const scanned = await run('ssh-keyscan', args, { env, allowedExitCodes: [1] });
  const lines = linesFor(name, scanned.stdout);
  if (lines.length > 0) return lines;
  throw new ConfigurationError(
    `init: ${url} shows no host key: ${scanned.stderr.trim().split('\n').at(-1) || 'it does not answer'}. Check the address and the port. Behind a jump host, log in once with ssh, and run this again.`,
  );
}

/** Lines with the name of the host, which may be hashed, and without comments and markers. */
function linesFor(name: string, text: string): readonly string[] {
  const keys = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@'))
    .map((line) => line.split(/\s+/).slice(1, 3).join(' '));
  return [...new Set(keys)].sort().map((key) => `${name} ${key}`);
}
