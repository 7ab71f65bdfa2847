/** A release on a real Kubernetes cluster that brings a kind of its own, with an object of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { type KubernetesApp, kubernetesApp, manifests, webDeployment } from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
/** Milliseconds that the controller takes: longer than Sealift needs to look. */
const THINKS_FOR = 4_000;
let app: KubernetesApp;
let versions: readonly Version[];
let rights: AsyncDisposable;
const image = (): string => versions[0]?.image ?? '';
const group = (): string => `${app.namespace}.test`;

const definition = () => ({
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: { name: `carts.${group()}` },
  spec: {
    group: group(),
    names: { kind: 'Cart', listKind: 'CartList', plural: 'carts', singular: 'cart' },
    scope: 'Namespaced',
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
const withCart = (cart: object) =>
  manifests(definition(), webDeployment({ replicas: 1 }), {
    ...{ apiVersion: `${group()}/v1`, kind: 'Cart', metadata: { name: 'first' }, spec: cart },
  });

/** In place of its controller, until the end of the scope: a cart is ready with four wheels. It takes its time to say so. */
function controller(): AsyncDisposable {
  const stopping = new AbortController();
  const work = async (): Promise<void> => {
    let seen: unknown;
    while (!stopping.signal.aborted) {
      const { metadata, spec } = await app.get('cart', 'first');
      await new Promise((resolve) => setTimeout(resolve, metadata.generation === seen ? 200 : THINKS_FOR));
      if (metadata.generation === seen) continue;
      const status = spec.wheels === 4 ? 'True' : 'False';
      const ready = { type: 'Ready', status, observedGeneration: metadata.generation };
      await app.kubectl(
        ...['patch', 'cart', 'first', '--subresource', 'status', '--type', 'merge', '--patch'],
        JSON.stringify({ status: { conditions: [{ ...ready, message: `${spec.wheels} wheels` }] } }),
      );
      seen = metadata.generation;
    }
  };
  const working = work();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await working;
    },
  };
}

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'custom', files: {} });
  versions = await buildVersions(lab, app.app.repository, ['0']);
  const verbs = ['get', 'create', 'patch', 'delete'];
  rights = await app.allowInCluster([
    { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs },
    { apiGroups: [group()], resources: ['carts'], verbs },
  ]);
});
afterAll(async () => {
  await lab.kubectl('delete', 'crd', definition().metadata.name, '--ignore-not-found');
  await rights[Symbol.asyncDispose]();
  await app.remove();
});

test('the kind is there before its object, which counts as it is while it has no condition', async () => {
  const run = succeeded(await app.deploy(image(), withCart({ wheels: 4 })));
  expect(run.log).toMatch(/first 1 of 1/);
  expect((await app.get('cart', 'first')).spec).toEqual({ wheels: 4 });
});

test('an object that does not get ready takes the release back, in the words of its controller', async () => {
  await using _ = controller();
  const run = await app.deploy(image(), withCart({ wheels: 3 }), { 'health-timeout': '30s' });
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^first did not converge: no progress for 30s, .*Ready is False: 3 wheels\..* is live again, wholly\.$/,
    ),
  ]);
  expect((await app.get('cart', 'first')).spec).toEqual({ wheels: 4 });
});

test('one that is changed is waited for, until its controller has seen the change and says that it is ready', async () => {
  await using _ = controller();
  const run = succeeded(await app.deploy(image(), withCart({ wheels: 4, color: 'red' })));
  expect(run.log).toMatch(/first 0 of 1/);
  const { metadata, status } = await app.get('cart', 'first');
  expect(status.conditions).toMatchObject([{ status: 'True', observedGeneration: metadata.generation }]);
  expect(reportOf(run).result).toBe('deployed');
});
