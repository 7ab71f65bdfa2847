import { expect, test } from '@jest/globals';
import { parseOrigin } from '../../src/cli/checkout.ts';

test.each([
  ['git@github.com:acme/shop.git', 'https://github.com', 'acme/shop'],
  ['https://github.com/acme/shop', 'https://github.com', 'acme/shop'],
  ['https://token@ghe.example.com/acme/shop.git/', 'https://ghe.example.com', 'acme/shop'],
  ['ssh://git@ghe.example.com:2222/acme/shop.git', 'https://ghe.example.com', 'acme/shop'],
  ['/srv/git/shop.git', undefined, undefined],
  ['../other/shop', undefined, undefined],
  ['', undefined, undefined],
])('the origin %j is the repository of %s named %s', (url, server, repository) => {
  expect(parseOrigin(url)).toEqual({ server, repository });
});
