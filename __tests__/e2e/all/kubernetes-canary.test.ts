/** Canaries on a real Kubernetes cluster: shares by pods, weights of an HTTPRoute, and judgement by pods and by a Prometheus. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { ask } from '../../support/http.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  manifests,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { patience } from '../../support/patience.ts';
import { answersThroughRoute } from '../../support/route-gateway.ts';
import { succeeded } from '../../support/test-app.ts';
import { when } from '../../support/when.ts';

const lab = await labWithKubernetes();
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
const files = (env: Readonly<Record<string, string>> = {}, ...others: readonly object[]) =>
  manifests(webDeployment({ replicas: 3, env }), webService, ...others);

/** Steps whose first one lasts long enough to look at. */
const STEPS = `25% ${patience(40)}ms, 100%`;
const canary = (inputs: Inputs = {}): Inputs => ({ strategy: 'canary', canary: STEPS, ...inputs });

/** The definition of HTTPRoute as far as Sealift writes it, for a lab that does not have the official one. */
const HTTP_ROUTES = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'httproutes.gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/2997' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    names: { kind: 'HTTPRoute', plural: 'httproutes', singular: 'httproute', listKind: 'HTTPRouteList' },
    scope: 'Namespaced',
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};
const route = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'shop' },
  spec: { parentRefs: [{ name: 'outside' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
};

/** Answers every query as this variable says, like a Prometheus. */
const PROMETHEUS = [
  "const result = process.env.FIRING ? [{ metric: { job: 'web' }, value: [0, '7'] }] : [];",
  "require('http').createServer((_, answer) => answer.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))).listen(9090);",
].join(' ');
const prometheus = (name: string, env: object[]) => [
  {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name, labels: { prometheus: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      imagePullSecrets: [{ name: 'registry' }],
      containers: [{ name, image: imageOf(0), env, command: ['node', '-e', PROMETHEUS] }],
    },
  },
  {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
    spec: { selector: { prometheus: name }, ports: [{ port: 9090 }] },
  },
];

const allow = (rule: object): Promise<string> =>
  app.kubectl(
    ...['patch', 'role', 'sealift', '--type', 'json', '--patch'],
    JSON.stringify([{ op: 'add', path: '/rules/-', value: rule }]),
  );

/** How often each version answers. */
async function answers(count: number): Promise<Record<string, number>> {
  const url = await app.url();
  const counts: Record<string, number> = {};
  for (let number = 0; number < count; number += 1) {
    const { version } = JSON.parse((await ask(url)).body);
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

const messages = (run: ActionRun) => run.errors.map(({ message }) => message);

beforeAll(async () => {
  await lab.kubectl('delete', 'crd', HTTP_ROUTES.metadata.name, '--ignore-not-found');
  app = await kubernetesApp({ lab, stem: 'canary', files: files() });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2']);
  succeeded(await app.deploy(imageOf(0), files(), { strategy: 'blue-green' }));
});
afterAll(async () => {
  await app.remove();
  await lab.kubectl('delete', 'crd', HTTP_ROUTES.metadata.name, '--ignore-not-found');
});

describe('without a route the share is that of the pods', () => {
  test('both releases answer until the last step, and then the new one alone', async () => {
    const shared = when('web has 1 of 4 pods', () => answers(60));
    const run = await app.deploy(imageOf(1), files(), canary(), { onLine: shared.onLine });
    succeeded(run);
    const counts = await shared.done();
    expect(new Set(Object.keys(counts ?? {}))).toEqual(new Set(['0', '1']));
    expect(counts?.['0']).toBeGreaterThan(counts?.['1'] ?? 0);
    expect(await answers(10)).toEqual({ 1: 10 });
    expect(await app.running()).toEqual([imageOf(1), imageOf(1), imageOf(1)]);
  });

  test('a pod that ends takes the release back', async () => {
    const dying = files({ EXIT_AFTER_MS: String(patience(60)), EXIT_CODE: '3' });
    const run = await app.deploy(imageOf(2), dying, canary({ canary: `25% ${patience(400)}ms, 100%` }));
    expect(messages(run)).toEqual([
      expect.stringMatching(/^web failed while it was watched: .* is live again, wholly\.$/),
    ]);
    expect(await answers(10)).toEqual({ 1: 10 });
    expect(await app.names('deployments')).toHaveLength(1);
  });
});

describe('a Prometheus in the cluster', () => {
  beforeAll(async () => {
    const objects = [...prometheus('calm', []), ...prometheus('firing', [{ name: 'FIRING', value: '1' }])];
    await app.app.checkout.commit(manifests(...objects));
    await app.kubectl('apply', '--filename', `${app.app.checkout.path}/k8s.yaml`);
    await app.kubectl(
      'wait',
      'pod',
      '--selector',
      'prometheus',
      '--for',
      'condition=Ready',
      '--timeout',
      '300s',
    );
  });
  const metrics = (service: string) =>
    canary({ 'canary-metrics': `${app.namespace}/${service}:9090 errors{release="\${RELEASE}"} > 1` });

  test('takes the release back if it can not be asked', async () => {
    expect(messages(await app.deploy(imageOf(2), files(), metrics('calm')))).toEqual([
      expect.stringMatching(/^canary-metrics: \S+\/calm:9090 can't be asked: .*services\/proxy/),
    ]);
    await allow({ apiGroups: [''], resources: ['services/proxy'], verbs: ['get'] });
  });

  test('takes the release back if the query has a result', async () => {
    const run = await app.deploy(imageOf(2), files(), metrics('firing'));
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^canary-metrics: "errors\{release="[0-9a-f]{8}"\} > 1" has a result: 7 job="web"\./,
      ),
    ]);
    expect(await answers(10)).toEqual({ 1: 10 });
  });

  test('lets it go on if not', async () => {
    succeeded(await app.deploy(imageOf(2), files(), metrics('calm')));
    expect(await answers(10)).toEqual({ 2: 10 });
  });
});

describe('with an HTTPRoute the share is that of its weights', () => {
  const weights = async (): Promise<readonly [string, number][]> => {
    const { spec } = await app.get('httproute', 'shop');
    return spec.rules[0].backendRefs.map(({ name, weight }: { name: string; weight?: number }) => [
      name,
      // The official definition writes it where a manifest does not.
      weight ?? 1,
    ]);
  };

  beforeAll(async () => {
    await app.app.checkout.commit(manifests(HTTP_ROUTES));
    const definition = lab.httpRoutes ?? `${app.app.checkout.path}/k8s.yaml`;
    await lab.kubectl('apply', '--server-side', '--filename', definition);
    await lab.kubectl('wait', '--for', 'condition=Established', 'crd', HTTP_ROUTES.metadata.name);
    const verbs = ['get', 'create', 'patch', 'delete'];
    await allow({ apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs });
    succeeded(await app.deploy(imageOf(0), files({}, route), { strategy: 'blue-green' }));
  });

  test('its Service sends to the release before until the end; then the route is as the manifest has it', async () => {
    const divided = when('HTTPRoute shop sends it 25%', async () => ({
      weights: await weights(),
      throughRoute: await answersThroughRoute(app, 'shop', 8),
      answers: await answers(10),
    }));
    const run = await app.deploy(imageOf(1), files({}, route), canary(), { onLine: divided.onLine });
    const { release } = succeeded(run).outputs;
    expect(await divided.done()).toEqual({
      answers: { 0: 10 },
      throughRoute: { 0: 6, 1: 2 },
      weights: [
        ['web', 750],
        [`web-${release}`, 250],
      ],
    });
    expect(await weights()).toEqual([['web', 1]]);
    expect(await app.names('services')).toEqual(['web']);
    expect(await answersThroughRoute(app, 'shop', 8)).toEqual({ 1: 8 });
    expect(await answers(10)).toEqual({ 1: 10 });
  });

  test('it is as before when the release goes back', async () => {
    const dying = files({ EXIT_AFTER_MS: String(patience(60)), EXIT_CODE: '3' }, route);
    const run = await app.deploy(imageOf(2), dying, canary({ canary: `25% ${patience(400)}ms, 100%` }));
    expect(messages(run)).toEqual([expect.stringMatching(/^web failed while it was watched: /)]);
    expect(await weights()).toEqual([['web', 1]]);
    expect(await app.names('services')).toEqual(['web']);
    expect(await answers(10)).toEqual({ 1: 10 });
  });
});
