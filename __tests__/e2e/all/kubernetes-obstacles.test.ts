/** What a release on a Kubernetes cluster meets: rules of the cluster, nodes that fail, and what comes after it runs. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  manifests,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes, uniqueName } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';
import { when } from '../../support/when.ts';

const lab = await labWithKubernetes();
const [, second] = lab.servers;
let app: KubernetesApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';
const files = (...others: readonly object[]) => manifests(webDeployment(), webService, ...others);
const messages = (run: ActionRun) => run.errors.map(({ message }) => message);
const IMPATIENT = { 'health-timeout': '15s' };

/** Makes an object as the administrator of the cluster. */
async function create(object: object): Promise<void> {
  await app.app.checkout.commit({ 'admin.json': JSON.stringify(object) });
  await app.kubectl('apply', '--filename', `${app.app.checkout.path}/admin.json`);
}

beforeAll(async () => {
  app = await kubernetesApp({ lab, stem: 'obstacles', files: files() });
  // No test before its own has brought the last one to a node.
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2', uniqueName('new')]);
  succeeded(await app.deploy(imageOf(0), files()));
});
afterAll(() => app.remove());

/** What a deploy becomes; its obstacle is taken away even if it throws. */
async function afterwards<Result>(doing: Promise<Result>, clear: () => Promise<unknown>): Promise<Result> {
  try {
    return await doing;
  } finally {
    await clear();
  }
}

const expectRestored = async (run: ActionRun, says: RegExp): Promise<void> => {
  expect(messages(run)).toEqual([expect.stringMatching(says)]);
  expect(messages(run)[0]).toMatch(/is live again, wholly\.$/);
  expect(await app.running()).toEqual([imageOf(0), imageOf(0)]);
};

describe('rules of the cluster', () => {
  test('a quota that leaves no room takes the release back, in the words of the cluster', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few' },
      spec: { hard: { pods: '2' } },
    };
    await create(quota);
    const counted = async (): Promise<boolean> =>
      (await app.get('resourcequota', 'few')).status?.used?.pods === '2';
    await until('the quota counts the pods', counted);
    const run = await afterwards(app.deploy(imageOf(1), files(), IMPATIENT), () =>
      app.kubectl('delete', 'resourcequota', 'few'),
    );
    await expectRestored(run, /^web did not converge: no progress for 15s, .*exceeded quota: few/);
  });

  test('a policy that refuses an object is an error before anything is changed', async () => {
    const name = `no-${app.namespace}`;
    const group = 'admissionregistration.k8s.io/v1';
    const match = { matchLabels: { 'kubernetes.io/metadata.name': app.namespace } };
    await create({
      ...{ apiVersion: group, kind: 'ValidatingAdmissionPolicy', metadata: { name } },
      spec: {
        matchConstraints: {
          namespaceSelector: match,
          resourceRules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['deployments'],
            },
          ],
        },
        validations: [
          {
            expression: "object.metadata.labels.?team.orValue('') != ''",
            ...{ message: 'every workload has a team', reason: 'Forbidden' },
          },
        ],
      },
    });
    await create({
      ...{ apiVersion: group, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name } },
      spec: { policyName: name, validationActions: ['Deny'] },
    });
    const isRefused = (): Promise<boolean> =>
      app.kubectl('label', 'deployment', 'web', 'a=b', '--overwrite', '--dry-run=server').then(
        () => false,
        () => true,
      );
    const removePolicy = async (): Promise<void> => {
      for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy'])
        await lab.kubectl('delete', kind, name);
      await until('the policy is forgotten', async () => !(await isRefused()));
    };
    // The API server learns of a policy a moment later, and forgets it as late.
    await until('the policy is in force', isRefused);
    const before = await app.get('deployment', 'web');
    const run = await afterwards(app.deploy(imageOf(1), files()), removePolicy);
    expect(messages(run)).toEqual([
      expect.stringMatching(
        /^A rule of the cluster forbids Deployment web: .*every workload has a team.* Nothing was deployed\.$/,
      ),
    ]);
    expect(await app.get('deployment', 'web')).toEqual(before);
  });

  test('a PodDisruptionBudget that allows no disruption does not hold an update up', async () => {
    const verbs = ['get', 'create', 'patch', 'delete'];
    const rule = { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs };
    const patch = JSON.stringify([{ op: 'add', path: '/rules/-', value: rule }]);
    await app.kubectl('patch', 'role', 'sealift', '--type', 'json', '--patch', patch);
    const budget = {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web' } },
      spec: { minAvailable: '100%', selector: { matchLabels: { app: 'web' } } },
    };
    succeeded(await app.deploy(imageOf(1), files(budget)));
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
    succeeded(await app.deploy(imageOf(0), files()));
    expect(await app.names('poddisruptionbudgets')).toEqual([]);
  });
});

describe('after a release runs', () => {
  test('it goes back if url does not answer as it should', async () => {
    const url = await app.url('/status?code=404');
    await expectRestored(await app.deploy(imageOf(1), files(), { url, 'url-timeout': '5s' }), /^url: /);
  });

  test('a command that fails is a warning: the release is live', async () => {
    const command = `web=node -e 'console.log("tells everybody"); process.exit(3)'`;
    const run = succeeded(await app.deploy(imageOf(1), files(), { 'after-release': command }));
    expect(run.log).toContain('│ tells everybody');
    expect(run.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/after-release.* failed in web with exit code 3\./),
    ]);
    expect(reportOf(run).result).toBe('deployed');
    succeeded(await app.deploy(imageOf(0), files()));
  });

  test('a killed step is finished by its post step: the live release is whole again', async () => {
    const interrupt = { when: /… web \d of 2/, how: 'SIGKILL' } as const;
    const run = await app.deploy(imageOf(1), files(), {}, { interrupt });
    expect(run.post?.summary).toContain('This step was cut short. Its post step brings');
    expect(await app.running()).toEqual([imageOf(0), imageOf(0)]);
    expect(await app.names('leases')).toEqual([]);
  });

  test('the lock of a run that died without a post step is taken over when it has ended', async () => {
    const interrupt = { when: /… web \d of 2/, how: 'SIGKILL' } as const;
    await app.deploy(imageOf(1), files(), {}, { interrupt, withoutPost: true });
    const run = succeeded(await app.deploy(imageOf(0), files()));
    expect(run.log).toMatch(/the lock of a run of mona, .* has expired/);
    expect(await app.names('leases')).toEqual([]);
  });

  test('a lock that is broken by hand: its run changes nothing more, and the release of the next one stays', async () => {
    let broken: ActionRun | undefined;
    let other: ActionRun | undefined;
    const how = async (): Promise<void> => {
      broken = await app.unlock();
      other = await app.deploy(imageOf(1), files());
    };
    const given = { url: await app.url('/status?code=404'), 'url-timeout': '10m' };
    const run = await app.deploy(imageOf(2), files(), given, { interrupt: { when: /… ask url/, how } });
    expect(reportOf(succeeded(broken ?? run))).toMatchObject({
      result: 'unlocked',
      locks: [{ actor: 'mona', expired: false }],
    });
    succeeded(other ?? run);
    expect(messages(run)).toEqual([expect.stringContaining('another run has locked it')]);
    expect(run.log).not.toMatch(/deploy \S+ again/);
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
    succeeded(await app.deploy(imageOf(0), files()));
    expect(await app.names('leases')).toEqual([]);
  });
});

test('an API server that can not be reached for some seconds ends no deploy', async () => {
  const [control] = lab.servers;
  const host = lab.registry.address.replace(/:\d+$/, '');
  const wall = ['INPUT', '--source', host, '--protocol', 'tcp', '--dport', '6443', '--jump', 'REJECT'];
  const inControl = (option: string) =>
    lab.run('in', control?.name ?? '', 'iptables', option, ...wall, '--reject-with', 'tcp-reset');
  const cut = when('update Deployment web', async () => {
    await inControl('--append');
    await setTimeout(5000);
    await inControl('--delete');
    return true;
  });
  const run = await app.deploy(imageOf(1), files(), {}, { onLine: cut.onLine });
  expect(await cut.done()).toBe(true);
  expect(reportOf(succeeded(run)).result).toBe('deployed');
  expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
  succeeded(await app.deploy(imageOf(0), files()));
});

describe('a node', () => {
  const { name: node = '' } = second ?? {};

  test('that can not pull the image takes the release back, and the error names it', async () => {
    const [host = '', port = ''] = lab.registry.address.split(':');
    const wall = ['OUTPUT', '--destination', host, '--protocol', 'tcp', '--dport', port, '--jump', 'REJECT'];
    await lab.run('in', node, 'iptables', '--append', ...wall);
    // One new pod on each node, wherever the old ones are, so that one must pull there.
    const apart = {
      ...{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
      labelSelector: { matchLabels: { app: 'web' } },
      matchLabelKeys: ['pod-template-hash'],
    };
    const spread = webDeployment({
      replicas: 2,
      spec: { strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } } },
      pod: { topologySpreadConstraints: [apart] },
    });
    const run = await afterwards(app.deploy(imageOf(3), manifests(spread, webService), IMPATIENT), () =>
      lab.run('in', node, 'iptables', '--delete', ...wall),
    );
    await expectRestored(
      run,
      new RegExp(`^web did not converge: .* on ${node}: image of web can't be pulled`),
    );
  });

  test('that dies during an update is replaced by another one', async () => {
    // Pods of a node that is gone are given up at once, and not after five minutes.
    const tolerations = ['not-ready', 'unreachable'].map((problem) => ({
      ...{ key: `node.kubernetes.io/${problem}`, operator: 'Exists', effect: 'NoExecute' },
      tolerationSeconds: 1,
    }));
    const web = webDeployment({ pod: { tolerations } });
    const died = when('wait until', () => lab.run('kill', node));
    const deploying = app.deploy(imageOf(1), manifests(web, webService), {}, { onLine: died.onLine });
    const run = await afterwards(deploying, async () => {
      await died.done();
      await lab.run('start', node);
    });
    expect(await died.done()).toBeDefined();
    expect(reportOf(succeeded(run)).result).toBe('deployed');
    await until('the node is there again', async () => {
      const { items } = await app.get('nodes');
      const ready = items.filter(
        ({ status }: { status: { conditions: { type: string; status: string }[] } }) =>
          status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      );
      return ready.length === 2;
    });
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
  });
});
