import { expect, test } from '@jest/globals';
import { isRefusal, KubernetesRefusal } from '../../src/kubernetes/kubernetes-refusal.ts';

const refusal = (status: number, reason: string, message: string) =>
  new KubernetesRefusal('apply Deployment web', status, {
    ...{ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message },
  });

// The words are those of Kubernetes 1.34.
test.each([
  [
    'credentials that have expired',
    401,
    'Unauthorized',
    'Unauthorized',
    /^kubeconfig: the cluster does not accept its credentials \(Unauthorized\)/,
  ],
  [
    'a missing right',
    403,
    'Forbidden',
    'deployments.apps is forbidden: User "ci" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
    /^kubeconfig: its user may not apply Deployment web: .* cannot patch resource "deployments" .* in the namespace "shop"\. Give it the Role/,
  ],
  [
    'a conflict',
    409,
    'Conflict',
    'the object has been modified',
    /^The cluster refused to apply Deployment web: the object has been modified/,
  ],
  [
    'a failure of etcd',
    500,
    '',
    'etcdserver: request timed out',
    /^The cluster could not apply Deployment web, by an error of its own: etcdserver: request timed out\. "kubectl get/,
  ],
  [
    'a webhook that is down',
    500,
    'InternalError',
    'Internal error occurred: failed calling webhook "rules.test": failed to call webhook: Post "https://rules.policy.svc:443/?timeout=10s": dial tcp 10.96.3.4:443: connect: connection refused',
    /^The cluster refused to apply Deployment web: .* connection refused\. This webhook of the cluster does not work: mend it, or set the failurePolicy/,
  ],
  [
    'a webhook that gives nonsense',
    500,
    'InternalError',
    'Internal error occurred: failed calling webhook "rules.test": received invalid webhook response: expected response.uid="a", got ""',
    /got ""\. This webhook of the cluster does not work/,
  ],
  [
    'a webhook that converts between versions and is down',
    500,
    '',
    'conversion webhook for example.com/v1, Kind=Cart failed: Post "https://carts.shop.svc:443/convert?timeout=30s": no endpoints available for service "carts"',
    /available for service "carts"\. This webhook of the cluster does not work/,
  ],
])('%s is said in one sentence, with the way out', (_, status, reason, words, says) => {
  const error = refusal(status, reason, words);
  expect(error.message).toMatch(says);
  expect(isRefusal(error, 'Conflict')).toBe(status === 409);
});

test.each([
  [401, 'Unauthorized', 'admission webhook "rules.test" denied the request: who are you?'],
  [409, 'Conflict', 'admission webhook "rules.test" denied the request: somebody else deploys.'],
  [
    403,
    'Forbidden',
    'admission webhook "rules.test" denied the request: you cannot patch resource so and so',
  ],
  [500, 'InternalError', 'admission webhook "rules.test" denied the request without explanation'],
  [
    401,
    'Unauthorized',
    `leases.coordination.k8s.io "lock" is forbidden: ValidatingAdmissionPolicy 'rules' with binding 'all' denied request: failed expression: false`,
  ],
])('a rule that answers with status %d is a rule all the same: %s %s', (status, reason, words) => {
  const error = refusal(status, reason, words);
  expect(error.message).toBe(
    `A rule of the cluster does not let this step apply Deployment web: ${words.replace(/\.$/, '')}. Change what it objects to, or ask who keeps the rule for an exception.`,
  );
  expect(isRefusal(error, reason)).toBe(false);
});

test.each([
  ['POST', 500, 'unexpected EOF', false],
  ['POST', 500, 'dial tcp 10.0.0.1:6443: connect: connection refused', true],
  ['DELETE', 500, 'unexpected EOF', true],
  ['POST', 429, 'Too many requests, please try again later.', true],
])('%s, to which %d came before the server was reached: %s', (method, status, words, again) => {
  expect(new KubernetesRefusal('apply', status, words).maySucceedLater(method)).toBe(again);
});

test.each([
  ['POST', 500, 'ServerTimeout', 'The post operation against … please try again.', false],
  ['PATCH', 500, 'ServerTimeout', 'The patch operation against … please try again.', true],
  ['PATCH', 500, 'InternalError', 'Internal error occurred: no', false],
  ['GET', 500, 'InternalError', 'Internal error occurred: no', true],
  ['PATCH', 504, 'Timeout', 'Timeout: request did not complete within requested timeout', true],
  ['PATCH', 429, 'TooManyRequests', 'admission webhook "rules.test" denied the request: enough', false],
  ['PATCH', 503, '', 'admission webhook "rules.test" denied the request: not now', false],
])('%s, to which the server says %d %s: %s', (method, status, reason, words, again) => {
  expect(refusal(status, reason, words).maySucceedLater(method)).toBe(again);
});
