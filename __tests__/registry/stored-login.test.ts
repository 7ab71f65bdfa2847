import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findStoredLogin } from '../../src/registry/stored-login.ts';
import { runProgram } from '../support/run-program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'login-'));
});
afterEach(() => rm(folder, { recursive: true }));

const find = async (registry: string, config: object, variables: Readonly<Record<string, string>> = {}) => {
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const environment = { PATH: `${folder}:/bin:/usr/bin`, DOCKER_CONFIG: folder, ...variables };
  return await findStoredLogin(registry, { environment, run: runProgram });
};
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const password = (username: string, secret: string) => ({ kind: 'password', username, password: secret });

describe('a login in the file', () => {
  test.each<[string, string, object, unknown]>([
    ['of its registry', 'r:5000', { 'r:5000': auth('me:a:b') }, password('me', 'a:b')],
    ['of no other', 'r', { 'r.example.com': auth('me:x'), 'r:5000': auth('me:x') }, undefined],
    ['of Docker Hub', 'docker.io', { 'https://index.docker.io/v1/': auth('me:x') }, password('me', 'x')],
    ['under a URL', 'r:5000', { 'https://r:5000/v1/': auth('me:x') }, password('me', 'x')],
    ['without a hash', 'r', { r: { username: 'me', password: 'x' } }, password('me', 'x')],
    ['padded with zeros', 'r', { r: auth('me:x\0\0') }, password('me', 'x')],
    [
      'as an identity token',
      'r',
      { r: { ...auth('0:'), identitytoken: 't' } },
      { kind: 'identity-token', token: 't' },
    ],
    ['as a token', 'r', { r: { registrytoken: 't' } }, { kind: 'registry-token', token: 't' }],
    ['that is empty', 'r', { r: {} }, undefined],
  ])('is found: %s', async (_, registry, auths, login) => {
    expect(await find(registry, { auths })).toEqual(login);
  });

  test('comes after DOCKER_AUTH_CONFIG, which may lack it', async () => {
    const variables = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { r: auth('ci:y') } }) };
    const config = { auths: { r: auth('me:x'), s: auth('me:z') } };
    expect(await find('r', config, variables)).toEqual(password('ci', 'y'));
    expect(await find('s', config, variables)).toEqual(password('me', 'z'));
  });

  test('is used where a helper is empty', async () => {
    const config = { auths: { r: auth('me:x') }, credsStore: 'none', credHelpers: { r: '' } };
    expect(await find('r', config)).toEqual(password('me', 'x'));
  });
});

describe('a credential helper', () => {
  const helper = async (name: string, script: string): Promise<void> => {
    const path = join(folder, `docker-credential-${name}`);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  };

  test('is asked for its registry, and the store for all others', async () => {
    await helper('one', `read -r server; echo "{\\"Username\\":\\"one\\",\\"Secret\\":\\"$1 $server\\"}"`);
    await helper('all', `read -r server; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$server\\"}"`);
    const config = { credsStore: 'all', credHelpers: { r: 'one' } };
    expect(await find('r', config)).toEqual(password('one', 'get r'));
    expect(await find('docker.io', config)).toEqual({
      ...{ kind: 'identity-token', token: 'https://index.docker.io/v1/' },
    });
  });

  test('that has no login is none', async () => {
    await helper('none', 'echo credentials not found in native keychain; exit 1');
    expect(await find('r', { auths: { r: auth('me:x') }, credsStore: 'none' })).toBeUndefined();
  });

  test.each([
    ['fails', 'echo the keychain is locked; exit 1', 'docker-credential-x failed: the keychain is locked'],
    ['answers no JSON', 'echo "me:s3cret"', 'docker-credential-x failed: its answer is not JSON'],
    ['is missing', undefined, 'docker-credential-x failed: docker-credential-x was not found on this runner'],
  ])('that %s is left to docker', async (_, script, message) => {
    if (script !== undefined) await helper('x', script);
    const failed = await find('r', { credsStore: 'x' }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ failure: { kind: 'unsupported' } });
    expect(String(failed)).toContain(message);
    expect(String(failed)).not.toContain('s3cret');
  });
});
