/** What a real Kubernetes cluster, or its user, can not deploy, under the documented Role. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import type { ActionRun } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  manifests,
  type WebOptions,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const config = (greeting: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { greeting } },
});
const files = (web: WebOptions = {}, greeting = 'hello') =>
  manifests(webDeployment(web), webService, config(greeting));
const messages = (run: ActionRun) => run.errors.map(({ message }) => message);

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'refusals', files: files() });
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  succeeded(await app.deploy(imageOf(0), files()));
});
afterAll(() => app.remove());

describe('what can not be deployed is refused before anything is changed', () => {
  test.each([
    [
      'an immutable field',
      { spec: { selector: { matchLabels: { app: 'other' } } } },
      /^manifests: Deployment web can't be changed like this: .*spec\.selector.*field is immutable/,
    ],
    [
      'a field that does not exist',
      { spec: { replica: 3 } },
      /^manifests: Deployment web is not valid: .*spec\.replica: field not declared in schema/,
    ],
    ['a wrong value', { spec: { replicas: 'many' } }, /^manifests: Deployment web is not valid: /],
  ])('%s', async (_, web, says) => {
    const before = await app.get('deployment', 'web');
    const run = await app.deploy(imageOf(1), files(web));
    expect(messages(run)).toEqual([expect.stringMatching(says)]);
    expect(messages(run)[0]).toMatch(/Nothing was deployed\.$/);
    expect(await app.get('deployment', 'web')).toEqual(before);
  });

  test('an address that a Service can not change', async () => {
    const before = await app.get('service', 'web');
    const moved = { ...webService, spec: { ...webService.spec, clusterIP: '10.96.210.7' } };
    const run = await app.deploy(imageOf(1), manifests(webDeployment(), moved, config('hello')));
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^manifests: Service web can't be changed like this: .*spec\.clusterIPs\[0\].*may not change once set/,
      ),
    ]);
    expect(await app.get('service', 'web')).toEqual(before);
  });

  test.each([
    [
      'no such context',
      { 'kube-context': 'production' },
      /^kube-context: the kubeconfig has no context "production", only lab\./,
    ],
    ['no such namespace', { namespace: 'nobody-made-it' }, /^kubeconfig: its user may not /],
    [
      'an address where nobody listens',
      {
        kubeconfig:
          'apiVersion: v1\nkind: Config\nclusters: [{ name: a, cluster: { server: "https://127.0.0.1:9" } }]\ncontexts: [{ name: a, context: { cluster: a, user: a } }]\nusers: [{ name: a, user: { token: a-token } }]\ncurrent-context: a\n',
      },
      /^https:\/\/127\.0\.0\.1:9: the API server does not answer/,
    ],
    [
      'a manifest that is no YAML, with file and line',
      { manifests: 'broken.yaml' },
      /^manifests: broken\.yaml can't be read: .*line 2/,
    ],
    [
      'two manifests of the same object, with both files',
      { manifests: 'k8s.yaml\nagain.yaml' },
      /^manifests: Service web is in k8s\.yaml and in again\.yaml\./,
    ],
  ])('%s', async (_, inputs, says) => {
    const others = { 'broken.yaml': 'kind: A\n  b: c\n', 'again.yaml': stringify(webService) };
    const before = await app.get('deployment', 'web');
    const run = await app.deploy(imageOf(1), { ...files(), ...others }, inputs);
    expect(messages(run)).toEqual([expect.stringMatching(says)]);
    expect(await app.get('deployment', 'web')).toEqual(before);
  });

  test('an object that somebody else made, unless it is adopted', async () => {
    await app.kubectl('create', 'configmap', 'theirs', '--from-literal', 'a=b');
    const theirs = { ...config('x'), metadata: { name: 'theirs' } };
    const all = manifests(webDeployment(), webService, config('hello'), theirs);
    expect(messages(await app.deploy(imageOf(0), all))).toEqual([
      expect.stringMatching(
        /^adopt: there are objects already that Sealift did not make for .*: ConfigMap theirs\./,
      ),
    ]);
    succeeded(await app.deploy(imageOf(0), all, { adopt: 'true' }));
    expect((await app.get('configmap', 'theirs')).metadata.labels).toMatchObject({
      'sealift.app': app.app.name,
    });
  });

  test('a field that somebody else owns, with the name of the owner', async () => {
    await app.kubectl(
      'patch',
      'configmap',
      'settings',
      '--field-manager',
      'the-operator',
      '--patch',
      '{"data":{"greeting":"theirs"}}',
    );
    const run = await app.deploy(imageOf(0), files({}, 'ours'));
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^manifests: ConfigMap settings has fields that somebody else owns: \.data\.greeting \("the-operator"/,
      ),
    ]);
    succeeded(await app.deploy(imageOf(0), files({}, 'hello'), { adopt: 'true' }));
  });

  test('what RBAC forbids, with verb, resource and namespace', async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };
    const run = await app.deploy(imageOf(0), manifests(webDeployment(), account));
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^kubeconfig: its user may not .*: serviceaccounts "robot" is forbidden: .* cannot \w+ resource "serviceaccounts" .* in the namespace/,
      ),
    ]);
  });
});
