/** An environment is taken away from a real Kubernetes cluster, under the documented Role: all that Sealift made there, and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
const KINDS = ['deployments', 'services', 'configmaps', 'secrets', 'persistentvolumeclaims', 'leases'];
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const config = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: 'b' },
});
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
};
const files = (...others: readonly object[]) => manifests(webDeployment(), webService, claim, ...others);

const left = async (): Promise<readonly string[]> =>
  (await Promise.all(KINDS.map((kind) => app.names(kind)))).flat();

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'gone', files: files() });
  const verbs = ['get', 'create', 'patch', 'delete'];
  const rule = { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs };
  const patch = JSON.stringify([{ op: 'add', path: '/rules/-', value: rule }]);
  await app.kubectl('patch', 'role', 'sealift', '--type', 'json', '--patch', patch);
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  succeeded(await app.deploy(imageOf(0), files(config('old'))));
  succeeded(await app.deploy(imageOf(1), files(config('new'))));
  await app.kubectl('create', 'configmap', 'by-hand', '--from-literal', 'a=b');
});
afterAll(() => app.remove());

test('a dry run says what goes and what stays, and changes nothing', async () => {
  const before = await left();
  const run = succeeded(await app.removeEnvironment({ 'dry-run': 'true' }));
  expect(run.log).toMatch(/remove Deployment web, Service web, ConfigMap new and Secret registry/);
  expect(run.log).toContain(`To remove them: kubectl -n ${app.namespace} delete pvc data`);
  expect(reportOf(run).result).toBe('planned');
  expect(await left()).toEqual(before);
});

test('everything goes but volume claims, and what Sealift did not make', async () => {
  const run = succeeded(await app.removeEnvironment());
  expect(await left()).toEqual(['data']);
  expect((await app.get('pods', '--selector', 'app=web')).items).toEqual([]);
  await app.get('configmap', 'by-hand');
  expect(reportOf(run)).toMatchObject({ result: 'removed', hosts: [{ keptVolumes: ['data'] }] });
});

test('what is not there is no failure; with remove-volumes the claims of a later deploy go too', async () => {
  expect(reportOf(succeeded(await app.removeEnvironment())).result).toBe('unchanged');
  succeeded(await app.deploy(imageOf(0), files()));
  succeeded(await app.removeEnvironment({ 'remove-volumes': 'true' }));
  expect(await left()).toEqual([]);
});
