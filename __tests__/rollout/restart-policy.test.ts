import { describe, expect, test } from '@jest/globals';
import { intendedRestartPolicy } from '../../src/rollout/restart-policy.ts';

describe('the intended restart policy of a container', () => {
  test.each([
    ['always', { name: 'always', maxRetries: 0 }],
    ['unless-stopped', { name: 'unless-stopped', maxRetries: 0 }],
    ['on-failure', { name: 'on-failure', maxRetries: 0 }],
    ['on-failure:3', { name: 'on-failure', maxRetries: 3 }],
    ['no', undefined],
  ])('is the one in its label: %s', (written, policy) => {
    expect(intendedRestartPolicy({ labels: { 'sealift.restart': written } })).toEqual(policy);
  });

  test('is none without the label', () => {
    expect(intendedRestartPolicy({ labels: {} })).toBeUndefined();
  });
});
