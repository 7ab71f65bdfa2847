import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';

const PEM_BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]*PRIVATE KEY)-----(?<body>.*?)-----END \k<label>-----/gs;
const OPENSSH_MAGIC = 'openssh-key-v1\0';

/**
 * The private keys in the input `ssh-key`, in the form that OpenSSH reads. Editors and shells change line breaks, indentation
 * and the last newline of a secret; these are repaired. There may be several keys: a jump host may need another one.
 *
 * @throws ConfigurationError that says what the input holds instead; never with key material
 */
export function parsePrivateKeys(text: string, passphrase: string | undefined): readonly string[] {
  const unwrapped = unwrapKeyText(text);
  const keys = [...unwrapped.matchAll(PEM_BLOCK)].map(({ groups }) =>
    normalizeKey(groups?.['label'] ?? '', groups?.['body'] ?? ''),
  );
  if (keys.length === 0) throw new ConfigurationError(`ssh-key: ${explainNonKey(unwrapped)}`);
  if (passphrase === undefined && keys.some(isEncrypted)) {
    throw new ConfigurationError(
      `ssh-key-passphrase: missing, and the key in "${inputRef('ssh-key')}" is encrypted. Set its passphrase from a secret, or use a key without one (ssh-keygen -p -f KEY removes it).`,
    );
  }
  return keys;
}

/** Whether a key from `parsePrivateKeys` needs a passphrase. */
export function isEncrypted(key: string): boolean {
  if (key.startsWith('-----BEGIN ENCRYPTED ') || /^Proc-Type: 4,ENCRYPTED$/m.test(key)) return true;
  if (!key.startsWith('-----BEGIN OPENSSH ')) return false;
  // PROTOCOL.key of OpenSSH: the magic bytes, then the length and the name of the cipher.
  const blob = Buffer.from(key.split('\n').slice(1, -2).join(''), 'base64');
  const cipher = OPENSSH_MAGIC.length + 4;
  const length = blob.length >= cipher ? blob.readUInt32BE(OPENSSH_MAGIC.length) : 0;
  return blob.toString('latin1', cipher, cipher + length) !== 'none';
}

/** The text of a key's file, from a secret in which its line breaks were lost, or that has it in base64. */
export function unwrapKeyText(text: string): string {
  const plain = text
    .replaceAll(/\\r|\r/g, '')
    .replaceAll('\\n', '\n')
    .trim();
  if (plain.includes('-----BEGIN ') || !/^[A-Za-z0-9+/=\s]{100,}$/.test(plain)) return plain;
  // Some users store the whole file in base64, to have it on one line.
  const decoded = Buffer.from(plain, 'base64').toString('latin1');
  return decoded.startsWith('-----BEGIN ') ? decoded : plain;
}

const LEGACY_HEADERS =
  /^\s*Proc-Type: (?<type>4,ENCRYPTED)\s+DEK-Info: (?<cipher>[A-Z0-9-]+,[0-9A-Fa-f]+)(?<rest>.*)$/s;

function normalizeKey(label: string, body: string): string {
  const headers = LEGACY_HEADERS.exec(body)?.groups;
  const base64 = (headers?.['rest'] ?? body).replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(base64)) {
    throw new ConfigurationError(
      `ssh-key: the text between BEGIN and END is not a key (${base64 === '' ? 'nothing' : 'other characters than base64'}). Set the secret to the whole text of the private key's file.`,
    );
  }
  const start = Buffer.from(base64, 'base64').toString('latin1', 0, OPENSSH_MAGIC.length);
  if (label === 'OPENSSH PRIVATE KEY' && start !== OPENSSH_MAGIC) {
    throw new ConfigurationError(
      "ssh-key: the key is damaged: its beginning is missing. Set the secret to the whole text of the private key's file.",
    );
  }
  return [
    `-----BEGIN ${label}-----`,
    ...(headers === undefined ? [] : [`Proc-Type: ${headers['type']}`, `DEK-Info: ${headers['cipher']}`, '']),
    ...(base64.match(/.{1,64}/g) ?? []),
    `-----END ${label}-----`,
    '',
  ].join('\n');
}

/** What a text without a private key is, and what to set instead. */
function explainNonKey(text: string): string {
  const advice =
    "Set the text of the private key's file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----.";
  if (/^(?:ssh|ecdsa|sk)-\S*-cert-v01@openssh\.com AAAA/.test(text)) {
    return `this is a certificate, and the private key that it belongs to is missing. ${advice} The certificate may stand below it, or in "${inputRef('ssh-certificate')}".`;
  }
  if (/^(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(text) || /BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return `this is a public key. ${advice} (The public key goes into ~/.ssh/authorized_keys on the servers.)`;
  }
  if (text.startsWith('PuTTY-User-Key-File-')) {
    return "this is a key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY, and set the text of the new file.";
  }
  const label = /-----BEGIN (?<label>[A-Z0-9 ]+)-----/.exec(text)?.groups?.['label'];
  if (label?.endsWith('PRIVATE KEY')) {
    return 'the key is cut off: its END line is missing. Was it pasted incompletely, or only its first line?';
  }
  if (label !== undefined) return `this is a ${label.toLowerCase()}, not a private key for SSH. ${advice}`;
  if (/^(?:~|\.{0,2}\/|[A-Za-z]:\\)\S*$/.test(text)) return `this is a path, not the key itself. ${advice}`;
  return `this is not a private key. ${advice}`;
}
