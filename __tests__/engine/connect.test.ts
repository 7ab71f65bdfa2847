import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isOlderVersion } from '../../src/engine/api-version.ts';
import { connect } from '../../src/engine/connect.ts';
import type { SshAccess } from '../../src/model/access.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';
import { failure, makeStepContext, type TestStepContext } from './step-context.ts';

let step: TestStepContext;
let ssh: SshAccess;
const path = process.env['PATH'];

beforeEach(async () => {
  step = await makeStepContext();
  const key = join(step.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const [type, base64] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  ssh = {
    privateKey: readFileSync(key, 'utf8'),
    passphrase: undefined,
    knownHosts: `server ${type} ${base64}`,
    config: '',
  };
});

afterEach(async () => {
  process.env['PATH'] = path;
  await step.remove();
});

test('a runner without OpenSSH gets an error that names it, and no file stays', async () => {
  process.env['PATH'] = '/nowhere';
  const error = await failure(connect(parseHostAddress('ssh://server'), { ssh, tls: undefined }, step));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toMatch(/^ssh-\w+ was not found on this runner|OpenSSH/);
  expect((await readdir(step.folder)).sort()).toEqual(['key', 'key.pub']);
});

test.each([
  ['ssh://server', /^ssh-key and known-hosts: missing/],
  ['tcp://server', /^tls-ca, tls-cert and tls-key: missing/],
])('%s is refused without its credentials', async (url, pattern) => {
  const error = await failure(connect(parseHostAddress(url), { ssh: undefined, tls: undefined }, step));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toMatch(pattern);
});

test.each([
  ['1.41', '1.44', true],
  ['1.9', '1.44', true],
  ['1.44', '1.44', false],
  ['1.51', '1.44', false],
  ['2.0', '1.44', false],
  ['', '1.44', false],
  ['1.44', '', false],
])('the API %s is older than %s: %s', (a, b, expected) => {
  expect(isOlderVersion(a, b)).toBe(expected);
});
