import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loginToRegistries } from '../../src/image/login.ts';
import type { RegistryCredentials } from '../../src/model/request.ts';
import type { RunProgram } from '../../src/model/step-context.ts';
import { remember } from './support/build.ts';

describe('loginToRegistries', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'login-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The logins that `docker` is called for, as registry, user name and password; Docker Hub is named by no registry. */
  async function loginsFor(credentials: RegistryCredentials, repositories: readonly string[]) {
    const logins: (readonly (string | undefined)[])[] = [];
    const run: RunProgram = async (_, [command, , username, , registry], { stdin } = {}) => {
      expect(command).toBe('login');
      logins.push([registry ?? 'docker.io', username, stdin]);
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    const step = { run, log: remember(), folder };
    await loginToRegistries(credentials, repositories, step, { environment: { HOME: folder } });
    return logins;
  }

  const login = { username: 'me', password: 'p4ss' };
  const token = { username: 'octocat', password: 'ghs_token' };
  test.each([
    ['nothing without images', { login, token }, [], []],
    ['nothing without credentials', { login: undefined, token: undefined }, ['ghcr.io/me/shop'], []],
    [
      'the token for ghcr.io',
      { login: undefined, token },
      ['ghcr.io/me/a', 'ghcr.io/me/b'],
      [['ghcr.io', token]],
    ],
    ['the token for nothing else', { login: undefined, token }, ['registry.example.com/a', 'a'], []],
    ['the login before the token', { login, token }, ['ghcr.io/me/a'], [['ghcr.io', login]]],
    [
      'the login for the other registry',
      { login, token },
      ['ghcr.io/me/a', 'localhost:5000/a'],
      [
        ['localhost:5000', login],
        ['ghcr.io', token],
      ],
    ],
    ['the login for Docker Hub', { login, token: undefined }, ['me/a'], [['docker.io', login]]],
  ] as const)('uses %s', async (_, credentials, repositories, logins) => {
    expect(await loginsFor(credentials, repositories)).toEqual(
      logins.map(([registry, { username, password }]) => [registry, username, password]),
    );
  });

  test('rejects one login for two registries', async () => {
    await expect(loginsFor({ login, token }, ['a.example.com/a', 'b.example.com/b'])).rejects.toThrow(
      /^registry-username: the images are in several registries \(a\.example\.com, b\.example\.com\)/,
    );
  });
});
