/** Other kinds than Deployments, and other ways to write manifests, on a real Kubernetes cluster. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  manifests,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

/** Pods of the probe under a label of their own. */
const template = (name: string, spec: object = {}, env: readonly object[] = []) => ({
  metadata: { labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name,
        image: '${IMAGE}',
        env,
        readinessProbe: { httpGet: { path: '/up', port: 3000 }, periodSeconds: 1 },
      },
    ],
    ...spec,
  },
});
const selector = (name: string) => ({ matchLabels: { app: name } });
const once = {
  containers: [{ name: 'seed', image: '${IMAGE}', command: ['node', '-e', 'console.log(1)'] }],
  restartPolicy: 'Never',
};

const store = (env: readonly object[] = []) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'store' },
  spec: {
    replicas: 2,
    serviceName: 'store',
    selector: selector('store'),
    template: template('store', {}, env),
  },
});
const all = () => [
  store(),
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: { selector: selector('agent'), template: template('agent') },
  },
  { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'seed' }, spec: { template: { spec: once } } },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report' },
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: { spec: once } } } },
  },
];

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'kinds', files: manifests(...all()) });
  const rule = {
    apiGroups: ['apps', 'batch'],
    resources: ['statefulsets', 'daemonsets', 'cronjobs'],
    verbs: ['get', 'create', 'patch', 'delete'],
  };
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['delete'] };
  await app.kubectl(
    'patch',
    'role',
    'sealift',
    '--type',
    'json',
    '--patch',
    JSON.stringify([rule, pods].map((value) => ({ op: 'add', path: '/rules/-', value }))),
  );
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
});
afterAll(() => app.remove());

test('a StatefulSet, a DaemonSet, a Job and a CronJob are whole only with the new image; a rollback runs no Job again', async () => {
  const first = succeeded(await app.deploy(imageOf(0)));
  expect(first.log).toMatch(/store 2 of 2/);
  expect(first.log).toMatch(/agent 2 of 2/);
  expect(first.log).toMatch(/seed 1 of 1/);
  succeeded(await app.deploy(imageOf(1)));
  expect(await app.running('store')).toEqual([imageOf(1), imageOf(1)]);
  expect(await app.running('agent')).toEqual([imageOf(1), imageOf(1)]);
  expect(JSON.stringify(await app.get('cronjob', 'report'))).toContain(`"image":"${imageOf(1)}"`);
  const { metadata } = await app.get('job', 'seed');
  succeeded(await app.rollback());
  expect(await app.running('store')).toEqual([imageOf(0), imageOf(0)]);
  expect((await app.get('job', 'seed')).metadata.uid).toBe(metadata.uid);
  expect(succeeded(await app.status()).outputs).toMatchObject({ healthy: 'true' });
});

test('a StatefulSet whose first new pod crashes goes back, though its controller would wait for that pod for ever', async () => {
  const crashing = [store([{ name: 'EXIT_AFTER_MS', value: '200' }]), ...all().slice(1)];
  const run = await app.deploy(imageOf(1), manifests(...crashing));
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/store did not converge: its pods failed .* is live again, wholly\.$/),
  ]);
  expect(await app.running('store')).toEqual([imageOf(0), imageOf(0)]);
  // What had converged goes back as well.
  expect(await app.running('agent')).toEqual([imageOf(0), imageOf(0)]);
});

test('a Job that fails takes the release back and is ended; once its cause is gone, the same release succeeds', async () => {
  const container = { ...once.containers[0], envFrom: [{ configMapRef: { name: 'cause' } }] };
  const command = ['node', '-e', 'process.exit(Number(process.env.CODE))'];
  const seed = {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'seed' } },
    spec: { backoffLimit: 0, template: { spec: { ...once, containers: [{ ...container, command }] } } },
  };
  const files = manifests(...all().filter(({ kind }) => kind !== 'Job'), seed);
  await app.kubectl('create', 'configmap', 'cause', '--from-literal', 'CODE=3');
  const run = await app.deploy(imageOf(1), files);
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^seed did not converge: it failed: .* is live again, wholly\.$/),
  ]);
  expect(await app.names('jobs')).toEqual([]);
  await app.kubectl('patch', 'configmap', 'cause', '--type', 'merge', '--patch', '{"data":{"CODE":"0"}}');
  expect(succeeded(await app.deploy(imageOf(1), files)).log).toMatch(/seed 1 of 1/);
  expect(reportOf(succeeded(await app.deploy(imageOf(1), files))).result).toBe('unchanged');
});

test("a namespace of the manifests is made by the first deploy into it, without labels that would make it the app's own", async () => {
  const name = `${app.namespace}-made`;
  const { rules } = await app.get('role', 'sealift');
  const namespaces = { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'create', 'patch'] };
  await using _ = await app.allowInCluster([...rules, namespaces]);
  try {
    const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    const files = manifests(made, webDeployment({ replicas: 1 }));
    const run = succeeded(await app.deploy(imageOf(0), files, { namespace: name }));
    expect(reportOf(run).result).toBe('deployed');
    const { metadata } = JSON.parse(await lab.kubectl('get', 'namespace', name, '--output', 'json'));
    expect(metadata.labels).toEqual({ 'kubernetes.io/metadata.name': name });
    const again = succeeded(await app.deploy(imageOf(0), files, { namespace: name }));
    expect(reportOf(again).result).toBe('unchanged');
  } finally {
    await lab.kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found');
  }
});

test('a kustomization is rendered by kubectl, with its generated names', async () => {
  const files = {
    ...{ 'base/web.yaml': [webDeployment(), webService].map((each) => stringify(each)).join('---\n') },
    'base/kustomization.yaml': stringify({
      resources: ['web.yaml'],
      configMapGenerator: [{ name: 'settings', literals: ['greeting=hello'] }],
    }),
    'overlay/kustomization.yaml': stringify({
      resources: ['../base'],
      replicas: [{ name: 'web', count: 1 }],
    }),
  };
  const run = succeeded(await app.deploy(imageOf(0), files, { manifests: 'overlay' }));
  expect(run.log).toMatch(/web 1 of 1/);
  expect(await app.names('configmaps')).toEqual([expect.stringMatching(/^settings-\w+$/)]);
  // What the release does not have any more.
  expect(await app.names('statefulsets')).toEqual([]);
  expect(reportOf(run).result).toBe('deployed');
});
