/** Releases on a real Kubernetes cluster whose API server asks an admission webhook: one that refuses, one that adds a container to each pod. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { type AdmissionWebhook, admissionWebhook } from '../../support/admission-webhook.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  manifests,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
const files = (greeting = 'hello') =>
  manifests(webDeployment(), webService, {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { greeting } },
  });
const messages = (run: ActionRun) => run.errors.map(({ message }) => message);
const IMPATIENT = { 'health-timeout': '15s' };

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'webhooks', files: files() });
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  succeeded(await app.deploy(imageOf(0), files()));
});
afterAll(() => app.remove());

/** The API server hears of a webhook a moment after it was registered. */
async function inForce(kind: 'Validating' | 'Mutating'): Promise<AdmissionWebhook> {
  const webhook = await admissionWebhook(app, kind);
  await until('the webhook is asked', async () => {
    await app.kubectl('label', 'deployment', 'web', 'asked=yes', '--overwrite', '--dry-run=server');
    return webhook.asked('Deployment') > 0;
  });
  return webhook;
}

const expectRestored = async (run: ActionRun, says: RegExp): Promise<void> => {
  expect(messages(run)).toEqual([expect.stringMatching(says)]);
  expect(messages(run)[0]).toMatch(/is live again, wholly\.$/);
  expect(await app.running()).toEqual([imageOf(0), imageOf(0)]);
  expect((await app.get('configmap', 'settings')).data).toEqual({ greeting: 'hello' });
};

// 401 is no login that has expired, and 429 no server that is asked again.
test.each([400, 401, 429])(
  'what it refuses with status %d is an error in its words, before anything is changed',
  async (status) => {
    await using webhook = await inForce('Validating');
    webhook.answer = ({ kind }) =>
      kind.kind === 'Deployment' ? { refused: 'every workload has a team', status } : {};
    const before = await app.get('deployment', 'web');
    const run = await app.deploy(imageOf(1), files('changed'));
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^A rule of the cluster forbids Deployment web: admission webhook "rules\.lab\.test" denied the request: every workload has a team\. Change the manifest, .* Nothing was deployed\.$/,
      ),
    ]);
    expect(await app.get('deployment', 'web')).toEqual(before);
    expect((await app.get('configmap', 'settings')).data).toEqual({ greeting: 'hello' });
  },
);

test('what it refuses only when it is no dry run goes back, with what was applied before it', async () => {
  await using webhook = await inForce('Validating');
  const refuses = (object: object): boolean => JSON.stringify(object).includes(imageOf(1));
  webhook.answer = ({ kind, dryRun, object }) =>
    kind.kind === 'Deployment' && !dryRun && refuses(object) ? { refused: 'nothing new on a Friday' } : {};
  const run = await app.deploy(imageOf(1), files('changed'));
  await expectRestored(run, /A rule of the cluster forbids Deployment web: .*nothing new on a Friday/);
});

test('new pods that it refuses take the release back, in its words', async () => {
  await using webhook = await inForce('Validating');
  const refuses = (object: object): boolean => JSON.stringify(object).includes(imageOf(1));
  webhook.answer = ({ kind, object }) =>
    kind.kind === 'Pod' && refuses(object) ? { refused: 'no such pods here' } : {};
  const run = await app.deploy(imageOf(1), files('changed'), IMPATIENT);
  await expectRestored(run, /^web did not converge: no progress for 15s, .*no such pods here/);
});

test('one that does not answer is named, and nothing is changed', async () => {
  await using webhook = await inForce('Validating');
  await webhook.stop();
  const before = await app.get('deployment', 'web');
  const run = await app.deploy(imageOf(1), files('changed'));
  expect(messages(run)).toEqual([
    expect.stringMatching(
      /^The cluster refused to apply Deployment web: .*failed calling webhook "rules\.lab\.test": .* This webhook of the cluster does not work: .* Nothing was deployed\.$/,
    ),
  ]);
  expect(await app.get('deployment', 'web')).toEqual(before);
});

/** A container beside that of the app, as a service mesh adds one. */
const addContainer = (command: string): readonly object[] => [
  {
    ...{ op: 'add', path: '/spec/containers/-' },
    value: { name: 'mesh', image: imageOf(0), command: ['node', '--eval', command] },
  },
];
const RUNS = 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)';

test('a container that it adds to each pod counts: if that fails the release goes back, and the error names it', async () => {
  await using webhook = await inForce('Mutating');
  const refuses = (object: object): boolean => JSON.stringify(object).includes(imageOf(1));
  webhook.answer = ({ kind, object }) =>
    kind.kind === 'Pod' && refuses(object) ? { patch: addContainer('process.exit(4)') } : {};
  await expectRestored(
    await app.deploy(imageOf(1), files('changed')),
    /^web did not converge: its pods failed .*mesh ended with exit code 4/,
  );
});

test('a release is whole with such containers; what the webhook adds to a Deployment makes no change of the next deploy', async () => {
  await using webhook = await inForce('Mutating');
  const annotate = [{ op: 'add', path: '/metadata/annotations/seen', value: 'yes' }];
  webhook.answer = ({ kind }) => ({ patch: kind.kind === 'Pod' ? addContainer(RUNS) : annotate });
  succeeded(await app.deploy(imageOf(1), files()));
  const { items } = await app.get('pods', '--selector', 'app=web');
  const containers = items
    .filter(({ metadata }: { metadata: object }) => !('deletionTimestamp' in metadata))
    .map(({ spec }: { spec: { containers: { name: string }[] } }) => spec.containers.map(({ name }) => name));
  expect(containers).toEqual([
    ['web', 'mesh'],
    ['web', 'mesh'],
  ]);
  expect((await app.get('deployment', 'web')).metadata.annotations).toMatchObject({ seen: 'yes' });
  expect(reportOf(succeeded(await app.deploy(imageOf(1)))).result).toBe('unchanged');
});
