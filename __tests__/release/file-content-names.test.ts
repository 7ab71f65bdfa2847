import { expect, test } from '@jest/globals';
import { fileContentNames, givenContents, missingContents } from '../../src/release/file-content-names.ts';
import { makeRelease } from '../plan/world.ts';

const plain = makeRelease('11111111', { web: 'served' });
const release = {
  ...plain,
  confidential: [
    'SEALIFT_SECRET_DB_PASSWORD',
    'SEALIFT_CONFIG_TOKEN',
    'SEALIFT_SECRET_TOKEN',
    'SEALIFT_CONFIG_WEB',
  ],
  base: { services: {}, secrets: { 'db-password': { environment: 'SEALIFT_SECRET_DB_PASSWORD' } } },
  compose: { services: {}, configs: { Web: { environment: 'SEALIFT_CONFIG_WEB' } } },
};

test('secrets and configs have the names that they have in the Compose file, and a config another one than a secret', () => {
  expect(Object.fromEntries(fileContentNames(release))).toEqual({
    'db-password': 'SEALIFT_SECRET_DB_PASSWORD',
    token: 'SEALIFT_SECRET_TOKEN',
    'config.token': 'SEALIFT_CONFIG_TOKEN',
    Web: 'SEALIFT_CONFIG_WEB',
  });
});

test('of the contents that are given a release takes its own, and the others are missing by their names', () => {
  const given = new Map([
    ['token', 'one'],
    ['config.token', 'two'],
    ['of another release', 'three'],
  ]);
  const known = givenContents(release, given);
  expect([...known]).toEqual([
    ['SEALIFT_SECRET_TOKEN', 'one'],
    ['SEALIFT_CONFIG_TOKEN', 'two'],
  ]);
  expect(missingContents(release, known)).toEqual(['db-password', 'Web']);
  expect(missingContents(release, undefined)).toHaveLength(4);
  expect(missingContents(plain, undefined)).toEqual([]);
});
