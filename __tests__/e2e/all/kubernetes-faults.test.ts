/** Runs on a real Kubernetes cluster that are cut short, or meet what others have made. */
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
import { succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
const config = (name: string, value: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } },
});
const CRASHING = { UP_AFTER_MS: 'never', EXIT_AFTER_MS: '200', EXIT_CODE: '3' };

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'faults', files: manifests(webDeployment(), webService) });
  const update = { apiGroups: ['', 'apps'], resources: ['configmaps', 'deployments'], verbs: ['update'] };
  await app.kubectl(
    'patch',
    'role',
    'sealift',
    '--type',
    'json',
    '--patch',
    JSON.stringify([{ op: 'add', path: '/rules/-', value: update }]),
  );
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
});
afterAll(() => app.remove());

test('what a first release that fails has taken over is as it was', async () => {
  await app.kubectl('create', 'configmap', 'theirs', '--from-literal', 'value=before');
  const files = manifests(webDeployment({ env: CRASHING }), webService, config('theirs', 'after'));
  const run = await app.deploy(imageOf(0), files, { adopt: 'true' });
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('Nothing is live, as before'),
  ]);
  const { data, metadata } = await app.get('configmap', 'theirs');
  expect([data, metadata.labels]).toEqual([{ value: 'before' }, undefined]);
  expect(await app.names('deployments')).toEqual([]);
});

const neverUp = () =>
  manifests(webDeployment({ env: { UP_AFTER_MS: 'never' } }), webService, config('left', 'x'));
const KILLED = { when: /… web 0 of 2/, how: 'SIGKILL' } as const;

test('what a killed first deploy has left is removed by its post step, and no program of it runs on', async () => {
  const run = await app.deploy(imageOf(0), neverUp(), {}, { interrupt: KILLED });
  expect(run.signal).toBe('SIGKILL');
  expect(run.post?.summary).toContain('This step was cut short. No release was accepted before it');
  for (const kind of ['configmaps', 'deployments', 'leases']) expect(await app.names(kind)).toEqual([]);
});

test('without a post step the next run removes it, once the lock has ended', async () => {
  const run = await app.deploy(imageOf(0), neverUp(), {}, { interrupt: KILLED, withoutPost: true });
  expect(run.signal).toBe('SIGKILL');
  expect(await app.names('configmaps')).toEqual(['left']);
  const other = manifests(webDeployment(), webService);
  const refused = await app.deploy(imageOf(0), other, { 'lock-timeout': '0s' });
  expect(refused.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/lock-timeout: .*its lock ends 60 s after its last sign of life/),
  ]);
  await app.kubectl('delete', 'lease', `${app.prefix}.sealift.lock`);
  succeeded(await app.deploy(imageOf(0), other));
  expect(await app.names('configmaps')).toEqual([]);
  expect(await app.running()).toEqual([imageOf(0), imageOf(0)]);
});

test('a namespace that does not exist is refused by its name, with a login that the runner has', async () => {
  const env = { KUBECONFIG: `${lab.folder}/kubernetes/admin.conf` };
  const run = await app.deploy(imageOf(1), {}, { kubeconfig: '', namespace: 'nobody-made-it' }, { env });
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^namespace: nobody-made-it does not exist in the cluster\. .* Nothing was deployed\.$/,
    ),
  ]);
  succeeded(await app.deploy(imageOf(1), {}, { kubeconfig: '' }, { env }));
  expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
});
