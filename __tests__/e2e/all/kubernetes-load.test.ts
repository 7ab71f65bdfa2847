/** Nobody notices updates and failures on a Kubernetes cluster, as docs/kubernetes.md promises. */
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
import { startLoad } from '../../support/load/load.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
const NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
/** An app that ends kept connections with an answer. */
const files = (env: Readonly<Record<string, string>> = {}) =>
  manifests(webDeployment({ env: { ON_SIGTERM: 'part', ...env } }), webService);

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'load', files: files() });
  versions = await buildVersions(lab, app.app.repository, NAMES);
  succeeded(await app.deploy(imageOf(0), files()));
});
afterAll(() => app.remove());

test('ten updates and three releases that crash before they are ready lose no request', async () => {
  const load = startLoad(await app.url(), { visitors: 1, pause: 50 });
  await load.answered('0', 10);
  for (const version of NAMES.keys()) {
    if (version === 0) continue;
    succeeded(await app.deploy(imageOf(version), files()));
    await load.answered(String(version), 10);
    if (version % 3 !== 0) continue;
    const crashing = files({ UP_AFTER_MS: 'never', EXIT_AFTER_MS: '1000', EXIT_CODE: '3' });
    expect((await app.deploy(imageOf(version), crashing)).outputs).toMatchObject({ 'rolled-back': 'true' });
  }
  const { failed, failures, requests } = await load.stop();
  expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
  expect(requests).toBeGreaterThan(500);
});
