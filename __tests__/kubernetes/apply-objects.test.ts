import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { applyObject } from '../../src/kubernetes/apply-objects.ts';
import type { KubernetesObject } from '../../src/release/kubernetes/kubernetes-object.ts';
import { MemoryApi } from './support/memory-api.ts';

const web: KubernetesObject = {
  ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'web', namespace: 'shop' } },
};

let memory: MemoryApi;
beforeEach(() => {
  memory = new MemoryApi();
  memory.objects.set('/api/v1/namespaces/shop', {});
});
afterEach(() => memory.close());

/** The error when the API server refuses an object with these words. */
const refused = (status: number, message: string): Promise<string> => {
  memory.answer = ({ method }) => (method === 'PATCH' ? { status, body: { message } } : undefined);
  return applyObject(memory.context, web).then(
    () => 'not refused',
    (error: Error) => error.message,
  );
};

test.each([
  'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' and 'minReadySeconds' are forbidden",
  'spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set',
  'roleRef: Invalid value: {"name":"other"}: cannot change roleRef',
])('a field that can not be changed is said to be one, with the way out: %s', async (words) => {
  expect(await refused(422, words)).toBe(
    `manifests: StatefulSet web can't be changed like this: ${words}. Give it another name, or remove it from the cluster first.`,
  );
});

test('another wrong field is an error of the manifest', async () => {
  const words = 'spec.replicas: Invalid value: -1: must be greater than or equal to 0';
  expect(await refused(422, words)).toBe(`manifests: StatefulSet web is not valid: ${words}`);
});

const WEBHOOK = 'admission webhook "rules.test" denied the request:';
const POLICY = `statefulsets.apps "web" is forbidden: ValidatingAdmissionPolicy 'rules' with binding 'all' denied request:`;

// A webhook chooses its status, a policy one of 401, 403, 413 and 422.
test.each([
  [400, `${WEBHOOK} every workload has a team`],
  [401, `${WEBHOOK} who are you?`],
  [403, `${WEBHOOK} you cannot patch resource so and so`],
  [404, `${WEBHOOK} namespaces "shop" not found`],
  [409, `${WEBHOOK} somebody else deploys`],
  [422, `${WEBHOOK} the team may not change once set`],
  [429, `${WEBHOOK} enough for today`],
  [500, `${WEBHOOK} nothing in schema`],
  [503, `${WEBHOOK} not now`],
  [401, `${POLICY} who are you?`],
  [422, `${POLICY} the team is immutable`],
  [403, 'statefulsets.apps "web" is forbidden: exceeded quota: few, requested: count/statefulsets.apps=1'],
])('what refuses an object with status %d is a rule of the cluster: %s', async (status, words) => {
  expect(await refused(status, words)).toBe(
    `A rule of the cluster forbids StatefulSet web: ${words}. Change the manifest, or ask who keeps the rule for an exception.`,
  );
  expect(memory.calls.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
});

test('an object that the cluster can not keep is not valid', async () => {
  const words = 'Request entity too large: limit is 3145728';
  expect(await refused(413, words)).toBe(`manifests: StatefulSet web is not valid: ${words}`);
});
