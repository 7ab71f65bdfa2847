import { expect, test } from '@jest/globals';
import { readChallenge } from '../../src/registry/challenge.ts';

const bearer = (realm: string, service?: string, scope?: string) => ({
  scheme: 'bearer',
  realm,
  service,
  scope,
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['Basic realm="Registry Realm"', { scheme: 'basic' }],
  ['BASIC', { scheme: 'basic' }],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"',
    bearer('https://auth.docker.io/token', 'registry.docker.io', 'repository:library/busybox:pull'),
  ],
  ['Bearer realm="https://r/jwt/auth", service="a \\"b\\", c"', bearer('https://r/jwt/auth', 'a "b", c')],
  ['Bearer service=x, realm=https://r/token', bearer('https://r/token', 'x')],
  ['Negotiate, Bearer realm="https://r/token",service="s", Basic realm="x"', bearer('https://r/token', 's')],
  ['Basic realm="x", Bearer realm="https://r/token"', { scheme: 'basic' }],
  ['Negotiate', { scheme: 'other', name: 'negotiate' }],
  ['Bearer realm="not a URL"', { scheme: 'other', name: 'bearer' }],
])('the challenge of %s', (header, challenge) => {
  expect(readChallenge(header)).toEqual(challenge);
});
