import { expect, test } from '@jest/globals';
import { isRefusal, KubernetesRefusal } from '../../src/kubernetes/kubernetes-refusal.ts';

test.each([
  [
    401,
    { message: 'Unauthorized' },
    /^kubeconfig: the cluster does not accept its credentials \(Unauthorized\)/,
  ],
  [
    403,
    {
      message:
        'deployments.apps is forbidden: User "ci" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
      reason: 'Forbidden',
    },
    /^kubeconfig: its user may not apply Deployment web: .* cannot patch resource "deployments" .* in the namespace "shop"\. Give it the Role/,
  ],
  [
    409,
    { message: 'the object has been modified', reason: 'Conflict' },
    /^The cluster refused to apply Deployment web: the object has been modified/,
  ],
  [
    500,
    'etcdserver: request timed out',
    /^The cluster refused to apply Deployment web: etcdserver: request timed out/,
  ],
])('status %d', (status, body, says) => {
  const refusal = new KubernetesRefusal('apply Deployment web', status, body);
  expect(refusal.message).toMatch(says);
  expect(isRefusal(refusal, 'Conflict')).toBe(status === 409);
});
