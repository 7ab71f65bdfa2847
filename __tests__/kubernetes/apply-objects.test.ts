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

test.each([400, 403, 422])(
  'a webhook that refuses an object with status %d is a rule of the cluster',
  async (status) => {
    const words = 'admission webhook "rules.test" denied the request: every workload has a team';
    expect(await refused(status, words)).toBe(`A rule of the cluster forbids StatefulSet web: ${words}`);
  },
);
