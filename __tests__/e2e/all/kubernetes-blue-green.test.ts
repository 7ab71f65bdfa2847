/** Blue-green on a real Kubernetes cluster, under the documented Role: each release beside the one before, until the Service is switched. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
import { startLoad } from '../../support/load/load.ts';
import { patience, until } from '../../support/patience.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';
import { when } from '../../support/when.ts';

const lab = await labWithKubernetes();
const BLUE_GREEN = { strategy: 'blue-green' };
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
/** An app that ends kept connections with an answer. */
const files = ({ env, ...web }: WebOptions = {}) =>
  manifests(webDeployment({ env: { ON_SIGTERM: 'part', ...env }, ...web }), webService);

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'bluegreen', files: files() });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2', '3']);
  succeeded(await app.deploy(imageOf(0), files()));
});
afterAll(() => app.remove());

const selector = async (): Promise<Record<string, string>> => (await app.get('service', 'web')).spec.selector;

test('the first one takes over from a release that was deployed without another beside it; not one answer is of the new one before the switch', async () => {
  const seen: string[] = [];
  const ready = when('wait until', async () => {
    await until('both new pods are ready', async () => {
      seen.push(await app.version());
      return (await app.running()).filter((image) => image === imageOf(1)).length === 2;
    });
    for (let number = 0; number < 10; number += 1) seen.push(await app.version());
    return seen;
  });
  const run = await app.deploy(imageOf(1), files(), BLUE_GREEN, { onLine: ready.onLine });
  const { release } = succeeded(run).outputs;
  expect(new Set(await ready.done())).toEqual(new Set(['0']));
  expect(await app.names('deployments')).toEqual([`web-${release}`]);
  expect(await selector()).toEqual({ app: 'web', 'sealift.release': release });
  expect(await app.version()).toBe('1');
  expect(reportOf(run).strategy).toBe('kubernetes, blue-green');
});

test('requests go to the old release until the new one is ready, and then to it alone; none is lost, also when it goes back', async () => {
  const load = startLoad(await app.url(), { visitors: 1, pause: 50 });
  await load.answered('1', 10);
  succeeded(await app.deploy(imageOf(2), files(), BLUE_GREEN));
  await load.answered('2', 10);
  const run = await app.deploy(imageOf(3), files({ env: { UP_AFTER_MS: 'never', EXIT_AFTER_MS: '1000' } }), {
    ...BLUE_GREEN,
  });
  expect(run.outputs).toMatchObject({ 'rolled-back': 'true' });
  const { failed, failures } = await load.stop();
  expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
  expect(await app.version()).toBe('2');
  expect(await app.names('deployments')).toHaveLength(1);
});

test('a release whose pods die while it is watched goes back by the selector; the old pods were never touched', async () => {
  const before = await app.get('pods', '--selector', 'app=web');
  const uids = before.items.map(({ metadata }: { metadata: { uid: string } }) => metadata.uid);
  const dying = files({ env: { EXIT_AFTER_MS: String(patience(60)), EXIT_CODE: '3' } });
  const switched = when('watch', () => app.version());
  const inputs = { ...BLUE_GREEN, bake: `${patience(300)}ms` };
  const run = await app.deploy(imageOf(3), dying, inputs, { onLine: switched.onLine });
  expect(await switched.done()).toBe('3');
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^web failed while it was watched: .* is live again, wholly\.$/),
  ]);
  expect(await app.version()).toBe('2');
  const after = await app.get('pods', '--selector', 'app=web');
  const rest = after.items
    .filter(
      ({ metadata }: { metadata: { deletionTimestamp?: string } }) =>
        metadata.deletionTimestamp === undefined,
    )
    .map(({ metadata }: { metadata: { uid: string } }) => metadata.uid);
  expect(rest.sort()).toEqual(uids.sort());
});

test('a rollback goes the same way, and a rolling release takes over again', async () => {
  const run = succeeded(await app.rollback());
  expect(await app.version()).toBe('1');
  expect(await selector()).toEqual({ app: 'web', 'sealift.release': run.outputs['release'] });
  succeeded(await app.deploy(imageOf(2), files()));
  expect(await app.version()).toBe('2');
  expect(await selector()).toEqual({ app: 'web' });
  expect(await app.names('deployments')).toEqual(['web']);
});
