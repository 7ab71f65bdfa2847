import { ConfigurationError } from '../model/errors.ts';

export interface KnownHost {
  /** Line in the input, from 1. */
  readonly number: number;
  readonly line: string;
}

const MARKERS = new Set(['@cert-authority', '@revoked']);
const KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-)/;

/**
 * Reads the input `known-hosts`: lines of sshd(8)'s "SSH_KNOWN_HOSTS FILE FORMAT", also hashed ones and ones with
 * markers. A line that ssh can't read is passed over by ssh in silence and then looks like an unknown host, so each is
 * looked at here.
 *
 * @throws ConfigurationError naming the line by its number
 */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  const hosts = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line, index) => ({ number: index + 1, line: line.trim() }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  for (const host of hosts) checkKnownHost(host);
  if (hosts.length > 0) return hosts;
  throw new ConfigurationError(
    'known-hosts: there is no line with a host key. Run "ssh-keyscan HOST" from a network that you trust and give its lines.',
  );
}

/** The file for ssh; every line stands where it stood in the input, so that ssh's line numbers are the user's. */
export function renderKnownHosts(hosts: readonly KnownHost[]): string {
  const lines: string[] = [];
  for (const { number, line } of hosts) lines[number - 1] = line;
  return `${Array.from(lines, (line) => line ?? '').join('\n')}\n`;
}

/**
 * A line of the input `known-hosts` that is none.
 * @param number of the line, from 1 on
 * @param why what follows "line 3" in the sentence
 */
export function malformedKnownHost(number: number, why: string): ConfigurationError {
  return new ConfigurationError(
    `known-hosts: line ${number} ${why}. A line is "HOST KEYTYPE KEY", as ssh-keyscan prints it, for example: server.example.com ssh-ed25519 AAAA…`,
  );
}

function checkKnownHost({ number, line }: KnownHost): void {
  const words = line.split(/[ \t]+/);
  if (line.startsWith('@') && !MARKERS.has(words[0] ?? '')) {
    throw malformedKnownHost(number, 'begins with a marker other than @cert-authority and @revoked');
  }
  const [hosts, type, key] = words.slice(line.startsWith('@') ? 1 : 0);
  if (hosts !== undefined && KEY_TYPE.test(hosts) && type?.startsWith('AAAA')) {
    throw malformedKnownHost(number, 'is a public key without the name of its host before it');
  }
  if (line.includes('PRIVATE KEY'))
    throw malformedKnownHost(number, 'belongs to a private key, which must never stand here');
  if (type === undefined) throw malformedKnownHost(number, 'is a single word');
  if (!KEY_TYPE.test(type)) throw malformedKnownHost(number, 'has no type of key as its second word');
  if (key === undefined) throw malformedKnownHost(number, 'has no key');
  const keyType = wholeStrings(key)?.[0]?.toString('latin1');
  if (keyType === undefined) throw malformedKnownHost(number, 'has a key that is cut off or damaged');
  if (keyType !== type) throw malformedKnownHost(number, 'has a key of another type than it says');
}

/** A public key is a row of strings, each with its length before it (RFC 4253, 6.6); `undefined` if it is not whole. */
function wholeStrings(base64: string): readonly Buffer[] | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, 'base64');
  const strings: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    const end = blob.length - at < 4 ? Number.POSITIVE_INFINITY : at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings.length >= 2 ? strings : undefined;
}
