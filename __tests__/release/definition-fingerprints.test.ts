import { expect, test } from '@jest/globals';
import { confidentialVariables, definitionFingerprints } from '../../src/release/definition-fingerprints.ts';

const base = {
  services: {
    db: { image: 'postgres:17', environment: { A: '1' }, secrets: [{ source: 'password' }] },
    cache: { image: 'redis:7', configs: [{ source: 'settings' }] },
  },
  secrets: { password: { environment: 'SEALIFT_SECRET_PASSWORD' } },
  configs: { settings: { content: 'one' }, unused: { content: 'two' } },
};
const contents = new Map([['SEALIFT_SECRET_PASSWORD', 'a']]);
const before = definitionFingerprints(base, contents);

/** The accessories whose definition is another one. */
function changed(now: typeof base, confidential = contents): readonly string[] {
  return Object.entries(definitionFingerprints(now, confidential))
    .filter(([name, definition]) => definition !== before[name])
    .map(([name]) => name);
}

test('a fingerprint does not depend on the order of keys', () => {
  const { db, cache } = base.services;
  const { image, environment, secrets } = db;
  expect(changed({ ...base, services: { db: { secrets, environment, image }, cache } })).toEqual([]);
});

test('a fingerprint changes only with its own part of the file', () => {
  const { db, cache } = base.services;
  expect(changed({ ...base, services: { db: { ...db, environment: { A: '2' } }, cache } })).toEqual(['db']);
  expect(changed({ ...base, configs: { ...base.configs, settings: { content: 'three' } } })).toEqual([
    'cache',
  ]);
  expect(changed({ ...base, configs: { ...base.configs, unused: { content: 'three' } } })).toEqual([]);
});

test('a fingerprint changes with the content of a secret, and does not reveal it', () => {
  expect(changed(base, new Map([['SEALIFT_SECRET_PASSWORD', 'b']]))).toEqual(['db']);
  for (const definition of Object.values(before)) expect(definition).toMatch(/^[0-9a-f]{12}$/);
});

test('confidentialVariables names the contents that an accessory needs', () => {
  expect(confidentialVariables(base, ['db'])).toEqual(['SEALIFT_SECRET_PASSWORD']);
  expect(confidentialVariables(base, ['cache'])).toEqual([]);
});
