import { expect, test } from '@jest/globals';
import { importedRelease } from '../../src/release/imported-release.ts';
import { makeRelease } from '../plan/world.ts';

const plain = makeRelease('11111111', { web: 'served' });
const secret = {
  ...plain,
  confidential: ['SEALIFT_SECRET_DB_PASSWORD', 'SEALIFT_CONFIG_NGINX', 'SEALIFT_SECRET_TOKEN'],
  compose: { ...plain.compose, secrets: { 'db-password': { environment: 'SEALIFT_SECRET_DB_PASSWORD' } } },
};
const configs = new Map([['SEALIFT_CONFIG_NGINX', 'server {}']]);
const NOTHING = { secrets: new Map(), configs: new Map(), volumes: {} };
const secrets = new Map([
  ['db-password', 'one'],
  ['token', 'two'],
]);

test('without secrets it is the release that was exported', () => {
  const { release, confidential } = importedRelease(plain, NOTHING);
  expect(release.id).toBe('11111111');
  expect([...confidential]).toEqual([]);
});

test('the contents of secrets count for its id, and are known by their variables', () => {
  const { release, confidential } = importedRelease(secret, { ...NOTHING, secrets, configs });
  expect(release.id).not.toBe('11111111');
  expect(release.id).toBe(importedRelease(secret, { ...NOTHING, secrets, configs }).release.id);
  const other = new Map([...secrets, ['token', 'three'] as const]);
  expect(importedRelease(secret, { ...NOTHING, secrets: other, configs }).release.id).not.toBe(release.id);
  expect(Object.fromEntries(confidential)).toEqual({
    SEALIFT_CONFIG_NGINX: 'server {}',
    SEALIFT_SECRET_DB_PASSWORD: 'one',
    SEALIFT_SECRET_TOKEN: 'two',
  });
});

test('a secret that is missing, or that there is not, is refused by its name', () => {
  const some = new Map([['db-password', 'one']]);
  expect(() => importedRelease(secret, { ...NOTHING, secrets: some })).toThrow(
    'secrets: "token" is missing. The contents of secrets are in no archive: add a line token=….',
  );
  const more = new Map([...secrets, ['key', 'x'] as const]);
  expect(() => importedRelease(secret, { ...NOTHING, secrets: more })).toThrow(
    'secrets: the release has no secret "key", but db-password and token.',
  );
  expect(() => importedRelease(plain, { ...NOTHING, secrets: some })).toThrow('but nothing.');
});

test('volumes that keep their former names make another release', () => {
  const named = { ...plain, base: { services: {}, volumes: { data: { name: 'shop-test_data' } } } };
  const { release } = importedRelease(named, { ...NOTHING, volumes: { data: 'shop_data' } });
  expect(release.id).not.toBe('11111111');
  expect(release.adopted).toEqual({ data: 'shop_data' });
  expect(importedRelease(named, { ...NOTHING, volumes: { other: 'x' } }).release.id).toBe('11111111');
});
