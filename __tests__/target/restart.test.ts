import { describe, expect, test } from '@jest/globals';
import { policyOf } from '../../src/target/restart.ts';

describe('the restart policy that a container is given back', () => {
  test.each([
    ['always', { name: 'always', attempts: 0 }],
    ['unless-stopped', { name: 'unless-stopped', attempts: 0 }],
    ['on-failure', { name: 'on-failure', attempts: 0 }],
    ['on-failure:3', { name: 'on-failure', attempts: 3 }],
    ['no', undefined],
  ])('is the one that is written on it: %s', (written, policy) => {
    expect(policyOf({ labels: { 'sealift.restart': written } })).toEqual(policy);
  });

  test('is none where nothing is written: it is left as it is', () => {
    expect(policyOf({ labels: {} })).toBeUndefined();
  });
});
