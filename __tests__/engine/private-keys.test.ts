import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isEncrypted, parsePrivateKeys } from '../../src/engine/private-keys.ts';
import { ConfigurationError } from '../../src/model/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'keys-'));
const keys = new Map<string, string>();
const keyOf = (name: string) => keys.get(name) ?? '';

/** Real keys in every format, created with the program that people use. */
beforeAll(() => {
  const sshKeygen = (name: string, passphrase: string, ...args: string[]) => {
    execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', 'me', '-f', join(folder, name), ...args]);
    keys.set(name, readFileSync(join(folder, name), 'utf8'));
  };
  sshKeygen('ed25519', '', '-t', 'ed25519');
  sshKeygen('rsa', '', '-t', 'rsa', '-b', '1024');
  sshKeygen('rsaPem', '', '-t', 'rsa', '-b', '1024', '-m', 'PEM');
  sshKeygen('rsaPkcs8', '', '-t', 'rsa', '-b', '1024', '-m', 'PKCS8');
  sshKeygen('ecdsa', '', '-t', 'ecdsa');
  sshKeygen('locked', 'secret', '-t', 'ed25519');
  sshKeygen('lockedPem', 'secret', '-t', 'rsa', '-b', '1024', '-m', 'PEM');
  sshKeygen('lockedPkcs8', 'secret', '-t', 'rsa', '-b', '1024', '-m', 'PKCS8');
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The public key that OpenSSH itself derives from a key. */
function derivedPublicKey(key: string, passphrase: string): string {
  const path = join(folder, 'check');
  writeFileSync(path, key, { mode: 0o600 });
  const [type, base64] = execFileSync('ssh-keygen', ['-y', '-P', passphrase, '-f', path], {
    encoding: 'utf8',
  }).split(' ');
  return `${type} ${base64}`.trim();
}

const OPEN = ['ed25519', 'rsa', 'rsaPem', 'rsaPkcs8', 'ecdsa'];
const LOCKED = ['locked', 'lockedPem', 'lockedPkcs8'];

const DAMAGES: readonly (readonly [string, (key: string) => string])[] = [
  ['no newline at the end', (key) => key.trimEnd()],
  ['Windows line ends', (key) => key.replaceAll('\n', '\r\n')],
  ['"\\r\\n" as text for line ends', (key) => key.replaceAll('\n', '\\r\\n')],
  ['white space around it', (key) => `\n\n  ${key}\n \n`],
  ['a byte order mark', (key) => `\uFEFF${key}`],
  ['indentation', (key) => key.replaceAll(/^/gm, '    ')],
  ['"\\n" for line ends', (key) => key.trimEnd().replaceAll('\n', '\\n')],
  ['spaces for line ends', (key) => key.trimEnd().replaceAll('\n', ' ')],
  ['quotes around it', (key) => `"${key.trimEnd()}"`],
  ['base64 of the whole file', (key) => Buffer.from(key).toString('base64')],
  [
    'base64 of the whole file in lines',
    (key) => Buffer.from(key).toString('base64').replaceAll(/.{76}/g, '$&\n'),
  ],
  ['text before and after', (key) => `Key of deploy:\n${key}--\n`],
];

describe('the input ssh-key', () => {
  test.each([...OPEN, ...LOCKED])('accepts the format %s, and OpenSSH reads the result', (name) => {
    const passphrase = LOCKED.includes(name) ? 'secret' : undefined;
    const [key = ''] = parsePrivateKeys(keyOf(name), passphrase);
    expect(readFileSync(join(folder, `${name}.pub`), 'utf8')).toContain(
      derivedPublicKey(key, passphrase ?? ''),
    );
    expect(isEncrypted(key)).toBe(passphrase !== undefined);
  });

  test.each(DAMAGES)('accepts a key with %s', (_, damage) => {
    for (const name of [...OPEN, ...LOCKED]) {
      const key = keyOf(name);
      expect(parsePrivateKeys(damage(key), 'secret')).toEqual(parsePrivateKeys(key, 'secret'));
    }
  });

  test('may hold several keys', () => {
    expect(parsePrivateKeys(`${keyOf('ed25519')}\n${keyOf('rsaPem')}`, undefined)).toEqual(
      [keyOf('ed25519'), keyOf('rsaPem')].map((key) => parsePrivateKeys(key, undefined)[0]),
    );
  });

  test.each(LOCKED)('needs ssh-key-passphrase for the encrypted format %s', (name) => {
    expect(() => parsePrivateKeys(keyOf(name), undefined)).toThrow(/^ssh-key-passphrase: missing/);
  });

  const pem = (label: string) => `-----BEGIN ${label}-----\n${'QUFB'.repeat(20)}\n-----END ${label}-----\n`;

  test.each<readonly [string, () => string, RegExp]>([
    [
      'a public key',
      () => readFileSync(join(folder, 'ed25519.pub'), 'utf8'),
      /^ssh-key: this is a public key/,
    ],
    ['a public key in PEM', () => pem('PUBLIC KEY'), /this is a public key/],
    ['a public key of SSH2', () => '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n', /this is a public key/],
    [
      'a key of PuTTY',
      () => 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n',
      /puttygen KEY\.ppk -O private-openssh/,
    ],
    ['a certificate', () => pem('CERTIFICATE'), /this is a certificate, not a private key for SSH/],
    ['a PGP key', () => pem('PGP PRIVATE KEY BLOCK'), /this is a pgp private key block/],
    ['a path', () => '~/.ssh/id_ed25519', /this is a path/],
    ['an absolute path', () => '/home/me/.ssh/id_ed25519', /this is a path/],
    ['any text', () => 'hello', /this is not a private key/],
    [
      'a key without its end',
      () => keyOf('ed25519').split('\n').slice(0, 3).join('\n'),
      /cut off: its END line is missing/,
    ],
    ['only the first line', () => '-----BEGIN OPENSSH PRIVATE KEY-----', /cut off: its END line is missing/],
    [
      'a key without its body',
      () => '-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----',
      /\(nothing\)/,
    ],
    [
      'a masked key',
      () => '-----BEGIN OPENSSH PRIVATE KEY-----\n***\n-----END OPENSSH PRIVATE KEY-----',
      /other characters/,
    ],
    [
      'a key without its beginning',
      () => keyOf('ed25519').split('\n').toSpliced(1, 1).join('\n'),
      /its beginning is missing/,
    ],
  ])('refuses %s, and says what to set instead', (_, text, pattern) => {
    const parse = () => parsePrivateKeys(text(), undefined);
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(/^ssh-key: /);
    expect(parse).toThrow(pattern);
  });

  test('never appears in an error', () => {
    const secret = keyOf('ed25519').split('\n')[2] ?? '';
    for (const text of [
      keyOf('ed25519').replace('-----END', '-----'),
      keyOf('ed25519').replace('b3Bl', 'b3B!'),
      secret,
    ]) {
      try {
        parsePrivateKeys(text, undefined);
      } catch (error) {
        expect(String(error)).not.toContain(secret.slice(0, 12));
        continue;
      }
      throw new Error('It was not refused.');
    }
  });
});
