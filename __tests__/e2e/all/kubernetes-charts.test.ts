/** Helm charts, rendered by the real Helm and delivered to a real Kubernetes cluster. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWithKubernetes();
/** Helm takes minutes to be built, so not every lab has it. */
const withHelm = lab.hasHelm ? describe : describe.skip;

/** A chart as people write them: the image is a repository and a tag, which nobody sets. */
const chart = (repository: string, templates: Files = {}): Files => ({
  'chart/Chart.yaml': stringify({
    apiVersion: 'v2',
    name: 'shop',
    version: '0.1.0',
    kubeVersion: '>=1.30.0-0',
  }),
  'chart/values.yaml': stringify({ image: { repository, tag: 'latest' }, replicas: 3, greeting: 'hello' }),
  'production.yaml': stringify({ replicas: 2 }),
  'last.yaml': stringify({ replicas: 1 }),
  'chart/templates/web.yaml': stringify(
    webDeployment({ container: { image: '{{ .Values.image.repository }}:{{ .Values.image.tag }}' } }),
  ).replace('replicas: 2', 'replicas: {{ .Values.replicas }}'),
  'chart/templates/service.yaml': stringify(webService),
  'chart/templates/settings.yaml': stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-settings' } },
    data: {
      greeting: '{{ .Values.greeting }}',
      namespace: '{{ .Release.Namespace }}',
      version: '{{ .Capabilities.KubeVersion.Version }}',
    },
  }),
  'chart/templates/hook.yaml': stringify({
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: { name: 'hook', annotations: { 'helm.sh/hook': 'pre-install' } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'hook', image: 'absent' }] } } },
  }),
  'chart/templates/broken.yaml': '',
  ...templates,
});
const CHART = { manifests: 'chart production.yaml last.yaml' };

withHelm('a chart', () => {
  let app: KubernetesApp;
  let versions: readonly Version[];
  const imageOf = (version: number): string => versions[version]?.image ?? '';

  beforeAll(async () => {
    app = await kubernetesApp({ lab, stem: 'chart', files: {} });
    versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  });
  afterAll(() => app.remove());

  test('runs with the image by digest, for this cluster, as its values files say, the last one first; hooks are left out', async () => {
    const run = succeeded(await app.deploy(imageOf(0), chart(app.app.repository), CHART));
    expect(run.log).toMatch(/web 1 of 1/);
    expect(await app.running()).toEqual([imageOf(0)]);
    expect(await app.names('jobs')).toEqual([]);
    const { serverVersion } = JSON.parse(await lab.kubectl('version', '--output', 'json'));
    expect((await app.get('configmap', `${app.prefix}-settings`)).data).toEqual({
      ...{ greeting: 'hello', namespace: app.namespace, version: serverVersion.gitVersion },
    });
  });

  test('that is unchanged changes nothing, and a rollback restores what it was, without the chart', async () => {
    expect(reportOf(succeeded(await app.deploy(imageOf(0), {}, CHART))).result).toBe('unchanged');
    const values = { 'last.yaml': stringify({ replicas: 2, greeting: 'changed' }) };
    succeeded(await app.deploy(imageOf(1), values, CHART));
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
    await app.app.checkout.commit({ 'chart/Chart.yaml': 'no chart\n' });
    succeeded(await app.rollback());
    expect(await app.running()).toEqual([imageOf(0)]);
    expect((await app.get('configmap', `${app.prefix}-settings`)).data.greeting).toBe('hello');
  });

  test.each([
    [
      'is no YAML when it is rendered',
      { 'chart/templates/broken.yaml': 'kind: A\n  b: {{ .Values.greeting }}\n' },
      /^manifests: helm template refuses chart: YAML parse error on shop\/templates\/broken\.yaml: .*line \d+/,
    ],
    [
      'reads a value that is not there',
      { 'chart/templates/broken.yaml': 'kind: A\na: {{ .Values.nowhere.b }}\n' },
      /^manifests: helm template refuses chart: .*shop\/templates\/broken\.yaml:2:/,
    ],
    [
      'is for another version of Kubernetes',
      { 'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\nkubeVersion: ">=1.99.0"\n' },
      /^manifests: helm template refuses chart: .*requires kubeVersion: >=1\.99\.0/,
    ],
  ])('that %s is refused before anything is changed', async (_, templates, says) => {
    const before = await app.get('deployment', 'web');
    const run = await app.deploy(imageOf(1), chart(app.app.repository, templates), CHART);
    expect(run.errors.map(({ message }) => message)).toEqual([expect.stringMatching(says)]);
    expect(await app.get('deployment', 'web')).toEqual(before);
  });
});
