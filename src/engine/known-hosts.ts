import { CommandError, ConfigurationError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import { sshEnvironment } from './ssh-process.ts';

export interface KnownHost {
  /** Line in the input, from 1. */
  readonly number: number;
  readonly line: string;
}

const MARKERS = new Set(['@cert-authority', '@revoked']);
const KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-)/;

/**
 * Reads the input `known-hosts`: the format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", with hashed host names and markers.
 * ssh skips a malformed line silently, and then reports an unknown host. So every line is checked here.
 *
 * @throws ConfigurationError with the number of the line
 */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  const hosts = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line, index) => ({ number: index + 1, line: line.trim() }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  for (const { number, line } of hosts) {
    const mistake = findMistake(line);
    if (mistake !== undefined) throw malformedLine(number, mistake);
  }
  if (hosts.length > 0) return hosts;
  throw new ConfigurationError(
    'known-hosts: there is no line with a host key. Run "ssh-keyscan HOST" in a network that you trust, and set its output.',
  );
}

/** The file for ssh. Every line keeps its place in the input, so ssh's line numbers are the user's. */
export function renderKnownHosts(hosts: readonly KnownHost[]): string {
  const lines: string[] = [];
  for (const { number, line } of hosts) lines[number - 1] = line;
  return `${Array.from(lines, (line) => line ?? '').join('\n')}\n`;
}

/**
 * Checks with OpenSSH itself that it can read every key.
 * @throws ConfigurationError with the number of the line
 */
export async function checkKnownHosts(hosts: readonly KnownHost[], step: StepContext): Promise<void> {
  if ((await countReadableKeys(hosts, step)) === hosts.length) return;
  for (const host of hosts) {
    if ((await countReadableKeys([host], step)) > 0) continue;
    const mistake =
      "has a key that OpenSSH can't read: it is cut off, damaged, or of another type than the line says";
    throw malformedLine(host.number, mistake);
  }
}

async function countReadableKeys(hosts: readonly KnownHost[], step: StepContext): Promise<number> {
  // ssh knows the markers, ssh-keygen -l does not.
  const stdin = hosts.map(({ line }) => `${line.replace(/^@\S+\s+/, '')}\n`).join('');
  try {
    const { stdout } = await step.run('ssh-keygen', ['-l', '-f', '-'], { env: sshEnvironment(), stdin });
    return stdout.split('\n').filter(Boolean).length;
  } catch (error) {
    if (error instanceof CommandError) return 0;
    throw error;
  }
}

/** What is wrong with a line, in words that complete "line 3 …". */
function findMistake(line: string): string | undefined {
  const words = line.split(/[ \t]+/);
  if (line.startsWith('@') && !MARKERS.has(words[0] ?? '')) {
    return 'begins with a marker other than @cert-authority and @revoked';
  }
  const [hosts = '', type, key] = words.slice(line.startsWith('@') ? 1 : 0);
  if (KEY_TYPE.test(hosts) && type?.startsWith('AAAA'))
    return 'is a public key without the name of its host before it';
  if (line.includes('PRIVATE KEY')) return 'belongs to a private key, which must never be in this input';
  if (type === undefined) return 'is a single word';
  if (!KEY_TYPE.test(type)) return 'has no type of key as its second word';
  return key === undefined ? 'has no key' : undefined;
}

function malformedLine(number: number, mistake: string): ConfigurationError {
  return new ConfigurationError(
    `known-hosts: line ${number} ${mistake}. A line is "HOST KEYTYPE KEY", as ssh-keyscan prints it, for example: server.example.com ssh-ed25519 AAAA…`,
  );
}
