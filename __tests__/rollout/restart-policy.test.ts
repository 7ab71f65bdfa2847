import { describe, expect, test } from '@jest/globals';
import { intendedRestartPolicy } from '../../src/rollout/restart-policy.ts';

describe('the restart policy that a container is given back', () => {
  test.each([
    ['always', { name: 'always', maxRetries: 0 }],
    ['unless-stopped', { name: 'unless-stopped', maxRetries: 0 }],
    ['on-failure', { name: 'on-failure', maxRetries: 0 }],
    ['on-failure:3', { name: 'on-failure', maxRetries: 3 }],
    ['no', undefined],
  ])('is the one that is written on it: %s', (written, policy) => {
    expect(intendedRestartPolicy({ labels: { 'sealift.restart': written } })).toEqual(policy);
  });

  test('is none where nothing is written: it is left as it is', () => {
    expect(intendedRestartPolicy({ labels: {} })).toBeUndefined();
  });
});
