import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkSshCertificates, parseSshCertificates } from '../../src/engine/ssh-certificates.ts';
import type { SshAccess } from '../../src/model/access.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { runProgram } from '../support/run-program.ts';
import { failure } from './step-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const keygen = (...args: string[]) => execFileSync('ssh-keygen', args, { cwd: folder, encoding: 'utf8' });

/** Real certificates, made with the program that authorities use. */
beforeAll(() => {
  for (const name of ['ca', 'key', 'other']) keygen('-q', '-t', 'ed25519', '-N', '', '-f', name);
  sign('key', '-n', 'deploy,ops', '-V', '-1h:+1h');
});
afterAll(() => rmSync(folder, { recursive: true }));

function sign(name: string, ...args: string[]): string {
  keygen('-q', '-s', 'ca', '-I', 'ci', ...args, `${name}.pub`);
  return read(`${name}-cert.pub`);
}

const access = (changes: Partial<SshAccess>): SshAccess => ({
  privateKey: read('key'),
  passphrase: undefined,
  knownHosts: '',
  config: '',
  ...changes,
});
const fingerprint = (name: string) => keygen('-l', '-f', `${name}.pub`).trim();
const check = (certificate: string, key = 'key') =>
  checkSshCertificates(
    parseSshCertificates(access({ certificate })),
    { fingerprints: async () => [fingerprint(key)] },
    { run: runProgram },
  );

describe('a certificate', () => {
  test.each<readonly [string, () => Partial<SshAccess>, string]>([
    ['in ssh-certificate', () => ({ certificate: read('key-cert.pub') }), 'ssh-certificate'],
    [
      'below the key in ssh-key',
      () => ({ privateKey: `${read('key')}\n${read('key-cert.pub')}` }),
      'ssh-key',
    ],
    [
      'below the key, with "\\n" for line ends',
      () => ({ privateKey: `${read('key')}${read('key-cert.pub')}`.replaceAll('\n', '\\n') }),
      'ssh-key',
    ],
  ])('is found %s', (_, changes, input) => {
    const [type, base64] = read('key-cert.pub').split(' ');
    expect(parseSshCertificates(access(changes()))).toEqual([{ input, line: `${type} ${base64}\n` }]);
  });

  test('is not in a key alone', () => {
    expect(parseSshCertificates(access({}))).toEqual([]);
  });

  test('says what a server looks at', async () => {
    expect(await check(read('key-cert.pub'))).toEqual([
      {
        key: fingerprint('key').split(' ')[1],
        authority: fingerprint('ca').split(' ')[1],
        id: 'ci',
        principals: ['deploy', 'ops'],
        validUntil: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
      },
    ]);
    expect(await check(sign('key'))).toMatchObject([{ principals: [], validUntil: undefined }]);
  });

  test.each<readonly [string, () => string, RegExp]>([
    ['a public key', () => read('key.pub'), /^ssh-certificate: this is a public key without a certificate\./],
    ['a private key', () => read('key'), /^ssh-certificate: this is a private key\./],
    ['another text', () => 'hello', /^ssh-certificate: this is not an OpenSSH certificate\. .*KEY-cert\.pub/],
  ])('is missed in %s', (_, text, pattern) => {
    const parse = () => parseSshCertificates(access({ certificate: text() }));
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(pattern);
  });

  test.each<readonly [string, () => string, RegExp]>([
    [
      'that has expired',
      () => sign('key', '-n', 'deploy', '-V', '20200101:20200102'),
      /^ssh-certificate: the certificate "ci" has expired \(2020-01-02T00:00:00 UTC\)\./,
    ],
    ['for a host', () => sign('key', '-h'), /^ssh-certificate: the certificate "ci" is for a host/],
    [
      'of another key',
      () => sign('other'),
      /^ssh-certificate: the certificate "ci" belongs to another key \(SHA256:.*\) than the one in "ssh-key" \(SHA256:/,
    ],
    [
      'that is cut off',
      () => `${sign('key').slice(0, 200)}\n`,
      /^ssh-certificate: the certificate is damaged/,
    ],
  ])('%s is refused before a login', async (_, make, pattern) => {
    const error = await failure(check(make()));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(pattern);
  });
});
