import { expect, test } from '@jest/globals';
import {
  knownRegistrySecret,
  registrySecret,
  withEarlierLogins,
} from '../../src/kubernetes/registry-secret.ts';
import { parsePinnedImage } from '../support/pinned.ts';

const image = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);
const token = { username: 'x', password: 'token-of-the-job' };
const login = { registry: 'registry.test', username: 'ci', password: 'lasting' };

test('it has the logins for the registries of the images, and never the token of the job', () => {
  const { dockerConfig } = registrySecret('registry', new Map([['', image]]).values(), {
    logins: [login, { ...login, registry: 'other.test' }],
    ...{ unnamed: undefined, token },
  });
  expect(JSON.parse(dockerConfig)).toEqual({
    auths: {
      'registry.test': {
        username: 'ci',
        password: 'lasting',
        auth: Buffer.from('ci:lasting').toString('base64'),
      },
    },
  });
});

test('without a login for them it is refused', () => {
  expect(() => registrySecret('registry', [image], { logins: [], unnamed: undefined, token })).toThrow(
    /^pull-secret: there is no login for registry\.test to put into it\./,
  );
  expect(knownRegistrySecret('registry', [image], { logins: [], unnamed: undefined, token })).toBeUndefined();
});

test('logins for other registries stay, with which pods of earlier releases are pulled', () => {
  const before = '{"auths":{"old.test":{"auth":"a"},"registry.test":{"auth":"b"}}}';
  const after = '{"auths":{"registry.test":{"auth":"c"}}}';
  expect(JSON.parse(withEarlierLogins(after, before))).toEqual({
    auths: { 'old.test': { auth: 'a' }, 'registry.test': { auth: 'c' } },
  });
  expect(withEarlierLogins(after, '')).toBe(after);
});
