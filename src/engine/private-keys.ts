import { ConfigurationError } from '../model/errors.ts';

const PEM_BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]*PRIVATE KEY)-----(?<body>.*?)-----END \k<label>-----/gs;
const OPENSSH_MAGIC = 'openssh-key-v1\0';

/**
 * The private keys in the input `ssh-key` as OpenSSH reads them. A secret's way through editors and shells changes line
 * breaks, indentation and the last newline; what was meant is still plain, so it is put right. Several keys are fine: a
 * jump host may want another one.
 *
 * @throws ConfigurationError naming the input and what it holds instead; never shows key material
 */
export function parsePrivateKeys(text: string, passphrase: string | undefined): readonly string[] {
  const unwrapped = unwrap(text);
  const keys = [...unwrapped.matchAll(PEM_BLOCK)].map(({ groups }) =>
    normalizedKey(groups?.['label'] ?? '', groups?.['body'] ?? ''),
  );
  if (keys.length === 0) throw new ConfigurationError(`ssh-key: ${explainNonKey(unwrapped)}`);
  if (passphrase === undefined && keys.some(isEncrypted)) {
    throw new ConfigurationError(
      'ssh-key-passphrase: missing, and the key in ssh-key is encrypted. Give its passphrase as a secret, or a key without one (ssh-keygen -p -f KEY takes it off).',
    );
  }
  return keys;
}

/** Whether a key of `privateKeys` needs a passphrase. */
export function isEncrypted(key: string): boolean {
  if (key.startsWith('-----BEGIN ENCRYPTED ') || /^Proc-Type: 4,ENCRYPTED$/m.test(key)) return true;
  if (!key.startsWith('-----BEGIN OPENSSH ')) return false;
  // PROTOCOL.key of OpenSSH: the magic words, then the name of the cipher as a string with its length before it.
  const blob = Buffer.from(key.split('\n').slice(1, -2).join(''), 'base64');
  const length = blob.length >= OPENSSH_MAGIC.length + 4 ? blob.readUInt32BE(OPENSSH_MAGIC.length) : 0;
  return blob.toString('latin1', OPENSSH_MAGIC.length + 4, OPENSSH_MAGIC.length + 4 + length) !== 'none';
}

function unwrap(text: string): string {
  const plain = text
    .replaceAll(/\\r|\r/g, '')
    .replaceAll('\\n', '\n')
    .trim();
  if (plain.includes('-----BEGIN ') || !/^[A-Za-z0-9+/=\s]{100,}$/.test(plain)) return plain;
  // Some store the whole file as base64, to keep it on one line.
  const decoded = Buffer.from(plain, 'base64').toString('latin1');
  return decoded.startsWith('-----BEGIN ') ? decoded : plain;
}

function normalizedKey(label: string, body: string): string {
  const headers =
    /^\s*Proc-Type: (?<type>4,ENCRYPTED)\s+DEK-Info: (?<cipher>[A-Z0-9-]+,[0-9A-Fa-f]+)(?<rest>.*)$/s.exec(
      body,
    )?.groups;
  const base64 = (headers?.['rest'] ?? body).replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(base64)) {
    throw new ConfigurationError(
      `ssh-key: what stands between BEGIN and END is not a key (${base64 === '' ? 'nothing' : 'other characters than base64'}). Give the whole text of the private key's file as a secret.`,
    );
  }
  const lines = [
    `-----BEGIN ${label}-----`,
    ...(headers === undefined ? [] : [`Proc-Type: ${headers['type']}`, `DEK-Info: ${headers['cipher']}`, '']),
    ...(base64.match(/.{1,64}/g) ?? []),
    `-----END ${label}-----`,
    '',
  ];
  const key = lines.join('\n');
  if (
    label === 'OPENSSH PRIVATE KEY' &&
    !Buffer.from(base64, 'base64').toString('latin1').startsWith(OPENSSH_MAGIC)
  ) {
    throw new ConfigurationError(
      "ssh-key: the key is damaged: its beginning is missing. Give the whole text of the private key's file.",
    );
  }
  return key;
}

/** What a text is that holds no private key, and the way out. */
function explainNonKey(text: string): string {
  const give = "Give the text of the private key's file, beginning with -----BEGIN OPENSSH PRIVATE KEY-----.";
  if (/^(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(text) || /BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return `this is the public half of a key. ${give} (The public half goes into ~/.ssh/authorized_keys on the servers.)`;
  }
  if (text.startsWith('PuTTY-User-Key-File-')) {
    return "this is a key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY, and give the text of the new file.";
  }
  const label = /-----BEGIN (?<label>[A-Z0-9 ]+)-----/.exec(text)?.groups?.['label'];
  if (label?.endsWith('PRIVATE KEY')) {
    return 'the key ends early: its END line is missing. Was it cut when it was pasted, or only its first line given?';
  }
  if (label !== undefined) return `this is a ${label.toLowerCase()}, not a private key for SSH. ${give}`;
  if (/^(?:~|\.{0,2}\/|[A-Za-z]:\\)\S*$/.test(text))
    return `this is a path, and the key itself is wanted. ${give}`;
  return `this is not a private key. ${give}`;
}
