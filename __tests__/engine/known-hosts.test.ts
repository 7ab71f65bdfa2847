import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseKnownHosts, renderKnownHosts } from '../../src/engine/known-hosts.ts';
import { checkKnownHosts } from '../../src/engine/known-hosts-check.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { failure, makeTools, type TestTools } from './tools.ts';

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

let tools: TestTools;
beforeEach(async () => {
  tools = await makeTools();
});
afterEach(() => tools.remove());

test('all that sshd(8) allows is read, by OpenSSH too, and stands on its line', async () => {
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
  const file = join(tools.folder, 'known_hosts');
  writeFileSync(file, rendered);
  await expect(checkKnownHosts(hosts, tools)).resolves.toBeUndefined();
  expect(execFileSync('ssh-keygen', ['-F', 'server', '-f', file], { encoding: 'utf8' })).toContain('line 2');
});

describe('a malformed line is named by its number', () => {
  const good = () => `server ${keys['ed25519']}`;
  test.each<readonly [string, () => string, RegExp]>([
    [
      'a key without a host',
      () => `${keys['ed25519']} root@server`,
      /line 3 is a public key without the name of its host/,
    ],
    ['one word', () => 'server', /line 3 is a single word/],
    ['no key', () => 'server ssh-ed25519', /line 3 has no key/],
    ['words', () => 'this is no host key', /line 3 has no type of key/],
    ['a cut key', () => good().slice(0, -20), /line 3 has a key that is cut off/],
    ['another type', () => good().replace('ssh-ed25519', 'ssh-rsa'), /line 3 has a key of another type/],
    ['an unknown marker', () => `@trusted ${good()}`, /line 3 begins with a marker/],
    ['a private key', () => '-----BEGIN OPENSSH PRIVATE KEY-----', /line 3 belongs to a private key/],
    ['a fingerprint', () => 'server SHA256:abcdefghijklmnopqrstuvwxyz', /line 3 has no type of key/],
  ])('%s', (_, line, pattern) => {
    const parse = () => parseKnownHosts(`# by hand\n${good()}\n${line()}\n${good()}`);
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(pattern);
    expect(parse).not.toThrow('AAAAC3');
  });

  test('what only OpenSSH can tell', async () => {
    const short = Buffer.from([0, 0, 0, 11, ...Buffer.from('ssh-ed25519'), 0, 0, 0, 2, 1, 1]).toString(
      'base64',
    );
    const hosts = parseKnownHosts(`${good()}\nserver ssh-ed25519 ${short}`);
    expect((await failure(checkKnownHosts(hosts, tools))).message).toMatch(
      /^known-hosts: line 2 has a key that OpenSSH can not read/,
    );
  });
});

test.each(['', '# only a comment\n'])('no line at all is refused: %j', (text) => {
  expect(() => parseKnownHosts(text)).toThrow(/^known-hosts: there is no line with a host key/);
});
