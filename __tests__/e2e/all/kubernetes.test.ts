/** Releases on a real Kubernetes cluster of two nodes, under the documented Role. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
import { until } from '../../support/patience.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const config = (greeting: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { greeting },
});
const secret = (key: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys' },
  stringData: { key },
});

/** The app: a Deployment with a Service, a ConfigMap and a Secret. */
const files = (web: WebOptions = {}, greeting = 'hello', key = 'a-secret-of-the-cluster') =>
  manifests(webDeployment(web), webService, config(greeting), secret(key));

const messages = (run: ActionRun) => run.errors.map(({ message }) => message);

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'kube', files: files() });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2']);
});
afterAll(() => app.remove());

describe('a first deploy', () => {
  test('that fails leaves nothing', async () => {
    const run = await app.deploy(imageOf(0), files({ env: { EXIT_AFTER_MS: '200', EXIT_CODE: '3' } }));
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^web did not converge: its pods failed \d+ times, .* ended with exit code 3.* Nothing is live, as before/s,
      ),
    ]);
    expect(await app.names('deployments')).toEqual([]);
    expect(await app.names('configmaps')).toEqual([]);
  });

  test('runs every pod by digest and says so only when all are ready', async () => {
    const run = succeeded(await app.deploy(imageOf(0), files()));
    expect(await app.running()).toEqual([imageOf(0), imageOf(0)]);
    expect(await app.version()).toBe('0');
    expect(reportOf(run)).toMatchObject({
      ...{ result: 'deployed', orchestrator: 'kubernetes', live: run.outputs['release'] },
    });
    expect(run.outputs['image']).toBe(imageOf(0));
  });

  test('again changes nothing', async () => {
    const before = await app.get('deployment', 'web');
    expect(reportOf(succeeded(await app.deploy(imageOf(0)))).result).toBe('unchanged');
    expect(await app.get('deployment', 'web')).toEqual(before);
  });
});

describe('a release that fails', () => {
  const expectRestored = async (run: ActionRun, says: RegExp): Promise<void> => {
    expect(messages(run)).toEqual([expect.stringMatching(says)]);
    expect(run.errors[0]?.message).toMatch(/[0-9a-f]{8} is live again, wholly\.$/);
    expect(run.outputs).toMatchObject({ 'rolled-back': 'true' });
    expect(await app.running()).toEqual([imageOf(0), imageOf(0)]);
    const { live } = reportOf(run);
    expect((await app.get('deployment', 'web')).metadata.labels['sealift.release']).toBe(live);
    expect((await app.get('configmap', 'settings')).data).toEqual({ greeting: 'hello' });
  };

  test('because its pods end goes back, with its configuration; node, exit code and last lines say why', async () => {
    const crashing = files({ env: { EXIT_AFTER_MS: '300', EXIT_CODE: '3' } }, 'changed', 'another-secret');
    const run = await app.deploy(imageOf(1), crashing);
    await expectRestored(run, /web did not converge: .*pod web-\S+ on s\d: web ended with exit code 3/);
    const [evidence] = reportOf(run).evidence;
    expect(evidence).toMatchObject({ service: 'web', exitCode: 3, oomKilled: false });
    expect(evidence.lastLines.join('\n')).toContain('probe 1: ends with 3');
    expect(run.summary).toContain('probe 1: ends with 3');
  });

  test('because an image does not exist goes back at once, with the words of the registry', async () => {
    const side = { name: 'side', image: `${lab.registry.address}/e2e/absent:1` };
    const run = await app.deploy(imageOf(1), files({ besides: [side] }));
    await expectRestored(run, /web did not converge: .*image of side can't be pulled .*not found/);
  });

  test('because it never gets ready goes back', async () => {
    const run = await app.deploy(imageOf(1), files({ env: { UP_AFTER_MS: 'never' } }), {
      'health-timeout': '15s',
    });
    await expectRestored(
      run,
      /web did not converge: no progress for 15s, 0 of 2 new pods are ready; .*readiness probe has not succeeded/,
    );
  });

  test('because no node has room goes back, with the words of the scheduler', async () => {
    const resources = { requests: { memory: '1Ti' } };
    const run = await app.deploy(imageOf(1), files({ container: { resources } }), {
      'health-timeout': '15s',
    });
    await expectRestored(run, /finds no node: .*Insufficient memory/);
  });

  test('because it is out of memory goes back, and says so', async () => {
    const resources = { limits: { memory: '64Mi' } };
    const run = await app.deploy(imageOf(1), files({ env: { HOG: '1' }, container: { resources } }));
    await expectRestored(run, /was killed, because it was out of memory/);
    expect(reportOf(run).evidence[0]).toMatchObject({ oomKilled: true });
  });
});

describe('around a release', () => {
  test('a dry run prints what would change, values and contents left out, and changes nothing', async () => {
    const before = await app.get('deployment', 'web');
    const changed = files({ env: { EXTRA: 'hidden-value' } }, 'hidden-text', 'hidden-secret');
    const run = succeeded(await app.deploy(imageOf(1), changed, { 'dry-run': 'true' }));
    expect(run.log).toMatch(
      /update Deployment web: .*spec\.template\.spec\.containers\.web\.image: \S+ → \S+/,
    );
    expect(run.log).toContain('update Secret keys: data.key');
    expect(run.log).toContain('update ConfigMap settings: data.greeting');
    expect(run.log).not.toMatch(/hidden-(value|text|secret)/);
    expect(reportOf(run)).toMatchObject({ result: 'planned' });
    expect(await app.get('deployment', 'web')).toEqual(before);
  });

  test('before-release runs in the new image; its failure changes nothing', async () => {
    const before = await app.get('deployment', 'web');
    const command = `web=node -e 'console.log("migrates", process.env.VERSION); process.exit(Number(process.env.VERSION))'`;
    const run = await app.deploy(imageOf(1), files(), { 'before-release': command });
    expect(run.log).toContain('│ migrates 1');
    expect(messages(run)).toEqual([
      expect.stringMatching(/: before-release: .* failed in web with exit code 1\. Nothing was deployed\.$/),
    ]);
    expect(await app.get('deployment', 'web')).toEqual(before);
    expect(await app.names('jobs')).toEqual([]);
  });

  test('pods that the cluster starts after the job has ended are pulled with the login that the job gave it', async () => {
    succeeded(await app.deploy(imageOf(0), files({ container: { imagePullPolicy: 'Always' } })));
    const podsOf = async (): Promise<readonly string[]> => {
      const { items } = await app.get('pods', '--selector', 'app=web');
      return items.map(({ metadata }: { metadata: { uid: string } }) => metadata.uid);
    };
    const before = await podsOf();
    await app.kubectl('delete', 'pod', '--selector', 'app=web', '--wait=false');
    await until('the old ones are gone', async () => !(await podsOf()).some((uid) => before.includes(uid)));
    await until('the new ones are ready', async () => (await app.running()).length === 2);
  });

  test('of two runs at once one waits for the other, and says whose that is', async () => {
    const [first, second] = await Promise.all([
      app.deploy(imageOf(1), files()),
      app.deploy(imageOf(1), {}, {}, { runId: '4713' }),
    ]);
    expect(`${succeeded(first).log}${succeeded(second).log}`).toMatch(
      /waiting for a run of mona, .*\/runs\/471[13]/,
    );
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
  });
});

describe('rollback, status, prune and keep', () => {
  test('a rollback restores image, configuration and secret of the release before; status shows both and the history', async () => {
    const first = reportOf(await app.status()).live;
    succeeded(await app.deploy(imageOf(2), files({}, 'newer', 'rotated-secret')));
    expect(await app.version()).toBe('2');
    const run = succeeded(await app.rollback({}, { runId: '4712' }));
    expect(run.outputs).toMatchObject({ release: first });
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
    expect((await app.get('configmap', 'settings')).data).toEqual({ greeting: 'hello' });
    expect((await app.get('secret', 'keys')).data.key).toBe(
      Buffer.from('a-secret-of-the-cluster').toString('base64'),
    );
    const status = succeeded(await app.status());
    expect(status.outputs).toMatchObject({ healthy: 'true', release: first });
    const history: { command: string; result: string }[] = reportOf(status).history;
    expect(history.slice(0, 2).map(({ command, result }) => [command, result])).toEqual([
      ['rollback', 'deployed'],
      ['deploy', 'deployed'],
    ]);
    // Who, in which run, and who approved.
    expect(history[0]).toMatchObject({
      ...{ actor: 'mona', runUrl: expect.stringContaining('/runs/4712') },
      approval: { kind: 'approved', approvers: [{ login: 'hubot' }] },
    });
  });

  test('a rollback goes to any release that is kept, with all that it had', async () => {
    const { history } = reportOf(succeeded(await app.status()));
    const newer = history[1].release;
    succeeded(await app.rollback({ to: newer }));
    expect(await app.version()).toBe('2');
    expect((await app.get('configmap', 'settings')).data).toEqual({ greeting: 'newer' });
  });

  test('what a release does not have any more is removed, but not a volume claim, nor what Sealift did not make', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    };
    await app.kubectl('create', 'configmap', 'by-hand', '--from-literal', 'a=b');
    await app.kubectl(
      'patch',
      'role',
      'sealift',
      '--type',
      'json',
      '--patch',
      '[{"op":"add","path":"/rules/-","value":{"apiGroups":[""],"resources":["persistentvolumeclaims"],"verbs":["get","create","patch"]}}]',
    );
    const extra = { ...config('x'), metadata: { name: 'extra' } };
    succeeded(await app.deploy(imageOf(1), manifests(webDeployment(), webService, extra, claim)));
    expect(await app.names('configmaps')).toEqual(['extra']);
    const run = succeeded(await app.deploy(imageOf(1), manifests(webDeployment(), webService)));
    expect(run.log).toContain('remove ConfigMap extra');
    expect(await app.names('configmaps')).toEqual([]);
    expect(await app.names('persistentvolumeclaims')).toEqual(['data']);
    await app.get('configmap', 'by-hand');
  });

  test('keep: 1 leaves one record', async () => {
    succeeded(await app.deploy(imageOf(2), files(), { keep: '1' }));
    const records = (await app.names('secrets')).filter((name) => name.includes('.sealift.'));
    expect(records).toHaveLength(1);
    expect(messages(await app.rollback())).toEqual([expect.stringContaining('was live before')]);
  });
});
