import { describe, expect, test } from '@jest/globals';
import { chooseLogins } from '../../src/image/login.ts';

describe('chooseLogins', () => {
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
  ] as const)('chooses %s', (_, credentials, repositories, logins) => {
    expect(chooseLogins(credentials, repositories)).toEqual(
      logins.map(([registry, as]) => ({ registry, ...as })),
    );
  });

  test('rejects one login for two registries', () => {
    expect(() => chooseLogins({ login, token }, ['a.example.com/a', 'b.example.com/b'])).toThrow(
      /^registry-username: the images are in several registries \(a\.example\.com, b\.example\.com\)/,
    );
  });
});
