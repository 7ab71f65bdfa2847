import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkKnownHosts, parseKnownHosts, renderKnownHosts } from '../../src/engine/known-hosts.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { failure, makeStepContext, type TestStepContext } from './step-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
const keys: Record<string, string> = {};
let hashed = '';

beforeAll(() => {
  for (const type of ['ed25519', 'rsa', 'ecdsa']) {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, type)]);
    keys[type] = readFileSync(join(folder, `${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  }
  const file = join(folder, 'hashed');
  writeFileSync(file, `server ${keys['ed25519']}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  hashed = readFileSync(file, 'utf8').trim();
});

afterAll(() => rmSync(folder, { recursive: true }));

let step: TestStepContext;
beforeEach(async () => {
  step = await makeStepContext();
});
afterEach(() => step.remove());

test('known-hosts may have every form of line that sshd(8) allows; OpenSSH reads each, on its line number', async () => {
  const text = [
    '# server:22 SSH-2.0-OpenSSH_9.2',
    `server ${keys['ed25519']}`,
    '',
    `  [server]:2222,10.0.0.1\t${keys['rsa']} a comment\r`,
    hashed,
    `@cert-authority *.example.com ${keys['ecdsa']}`,
    `@revoked * ${keys['ed25519']}`,
    `*.example.com,!bad.example.com ${keys['ecdsa']}`,
  ].join('\n');
  const hosts = parseKnownHosts(text);
  expect(hosts.map(({ number }) => number)).toEqual([2, 4, 5, 6, 7, 8]);
  const rendered = renderKnownHosts(hosts);
  expect(rendered.split('\n')[3]).toBe(`[server]:2222,10.0.0.1\t${keys['rsa']} a comment`);
  const file = join(step.folder, 'known_hosts');
  writeFileSync(file, rendered);
  await expect(checkKnownHosts(hosts, step)).resolves.toBeUndefined();
  expect(execFileSync('ssh-keygen', ['-F', 'server', '-f', file], { encoding: 'utf8' })).toContain('line 2');
});

describe('in known-hosts', () => {
  const good = () => `server ${keys['ed25519']}`;
  const short = Buffer.from([0, 0, 0, 11, ...Buffer.from('ssh-ed25519'), 0, 0, 0, 2, 1, 1]).toString(
    'base64',
  );

  test.each<readonly [string, () => string, RegExp]>([
    [
      'a key without a host',
      () => `${keys['ed25519']} root@server`,
      /line 3 is a public key without the name of its host/,
    ],
    ['a single word', () => 'server', /line 3 is a single word/],
    ['a line without a key', () => 'server ssh-ed25519', /line 3 has no key/],
    ['other words', () => 'this is no host key', /line 3 has no type of key/],
    ['an unknown marker', () => `@trusted ${good()}`, /line 3 begins with a marker/],
    ['a private key', () => '-----BEGIN OPENSSH PRIVATE KEY-----', /line 3 belongs to a private key/],
    ['a fingerprint', () => 'server SHA256:abcdefghijklmnopqrstuvwxyz', /line 3 has no type of key/],
    ['a key that is cut off', () => good().slice(0, -20), /line 3 has a key that OpenSSH can't read/],
    [
      'a key that is too short',
      () => `server ssh-ed25519 ${short}`,
      /line 3 has a key that OpenSSH can't read/,
    ],
    [
      'a key with other characters',
      () => `${good().slice(0, -20)}…`,
      /line 3 has a key that OpenSSH can't read/,
    ],
    [
      'a key of another type than the line says',
      () => good().replace('ssh-ed25519', 'ssh-rsa'),
      /line 3 has a key that OpenSSH can't read: .*of another type/,
    ],
  ])('%s is refused with the number of its line', async (_, line, pattern) => {
    const check = async () =>
      checkKnownHosts(parseKnownHosts(`# by hand\n${good()}\n${line()}\n${good()}`), step);
    const error = await failure(check());
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^known-hosts: /);
    expect(error.message).toMatch(pattern);
    expect(error.message).not.toContain('AAAAC3');
  });
});

test.each(['', '# only a comment\n'])('known-hosts without a host key is refused: %j', (text) => {
  expect(() => parseKnownHosts(text)).toThrow(/^known-hosts: there is no line with a host key/);
});
