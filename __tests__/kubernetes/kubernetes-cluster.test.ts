import { randomBytes } from 'node:crypto';
import { gzipSync as gzipped } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { goBackTo } from '../../src/cluster/go-back.ts';
import { acceptedRelease } from '../../src/cluster/records.ts';
import { StepRunner } from '../../src/cluster/step-runner.ts';
import { awaitKinds } from '../../src/kubernetes/apply-objects.ts';
import { applyRegistrySecret, applyRelease } from '../../src/kubernetes/apply-release.ts';
import { KubernetesCluster } from '../../src/kubernetes/kubernetes-cluster.ts';
import { planObjects } from '../../src/kubernetes/plan-objects.ts';
import { carryReplicas } from '../../src/kubernetes/traffic.ts';
import { asObject } from '../../src/model/json.ts';
import type { KubernetesObject } from '../../src/release/kubernetes/kubernetes-object.ts';
import { makeKubernetesRelease } from '../../src/release/kubernetes/make-kubernetes-release.ts';
import { parsePinnedImage } from '../support/pinned.ts';
import { MemoryApi } from './support/memory-api.ts';

const IMAGE = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);
const NAMESPACE = '/api/v1/namespaces/shop';
const JOB = '/apis/batch/v1/namespaces/shop/jobs/seed';

const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const job: KubernetesObject = {
  ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'seed', namespace: 'shop' } },
  spec: { template: { spec: { containers: [{ name: 'seed', image: '${IMAGE}' }] } } },
};

const release = (
  objects: readonly KubernetesObject[],
  createdAt = '2026-01-01T00:00:00Z',
  force = false,
  sideBySide = false,
) =>
  makeKubernetesRelease(
    {
      ...{ app: 'shop', environment: 'production', namespace: 'shop', pullSecret: undefined },
      manifests: objects.map((object) => ({ object, source: 'k8s.yaml' })),
      sideBySide,
    },
    new Map([['', IMAGE]]),
    { timeout: 1 },
    {
      ...{ revision: undefined, ref: undefined, actor: undefined, runUrl: undefined, repository: undefined },
      ...{ tags: [], createdAt },
    },
    force,
  );

const log = {
  info: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  debug: () => undefined,
};

let memory: MemoryApi;
beforeEach(() => {
  memory = new MemoryApi();
});
afterEach(() => memory.close());

function cluster(): KubernetesCluster {
  const { api, context } = memory;
  const connection = {
    ...{ api, namespace: 'shop', version: 'v1.34.4' },
    kubectl: { program: 'kubectl', environment: {}, options: [] },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const run = () => Promise.reject(new Error('No program is run.'));
  const step = { run, log, folder: '/nowhere' };
  return new KubernetesCluster(connection, context.of, step, {
    ...{ adopt: false, registrySecret: () => undefined, traffic: { kind: 'rolling' as const } },
  });
}

const owner = { actor: 'mona', runUrl: undefined };
const { signal } = new AbortController();

test('a namespace of the manifests is made before the lock, which is in it', async () => {
  const made = cluster();
  await made.makeNamespaces([job, namespace]);
  await made.lockPlace.create(owner);
  expect(memory.changes.slice(0, 2)).toEqual([
    `PATCH ${NAMESPACE}`,
    'POST /apis/coordination.k8s.io/v1/namespaces/shop/leases',
  ]);
  // It is there now.
  await made.makeNamespaces([namespace]);
  expect(memory.changes.filter((each) => each === `PATCH ${NAMESPACE}`)).toHaveLength(1);
});

test('a step that goes back says that it is Kubernetes, and names no hosts', () => {
  expect(cluster().words.rollbackHint?.inputs).toEqual([
    'orchestrator: kubernetes',
    expect.stringContaining('# plus kubeconfig'),
  ]);
});

const withUid = (object: KubernetesObject | undefined) => ({
  ...object,
  metadata: { ...object?.metadata, uid: 'before' },
});
const failedJob = (object: KubernetesObject | undefined) => ({
  ...withUid(object),
  status: { conditions: [{ type: 'Failed', status: 'True' }] },
});

test('a Job that failed runs again when its release is deployed again, and the plan says so', async () => {
  memory.objects.set(NAMESPACE, {});
  const first = release([job]);
  const options = { force: false, runsJobs: true, signal };
  await applyRelease(memory.context, first, options);
  expect(
    await planObjects(memory.context, first.definition.objects, { adopt: false, runsJobs: true }),
  ).toEqual([]);
  await applyRelease(memory.context, first, options);
  expect(memory.changes).toEqual([`PATCH ${JOB}`]);

  memory.objects.set(JOB, failedJob(first.definition.objects[0]));
  expect(
    await planObjects(memory.context, first.definition.objects, { adopt: false, runsJobs: true }),
  ).toMatchObject([{ kind: 'update', what: 'Job', name: 'seed' }]);
  await applyRelease(memory.context, first, options);
  expect(memory.changes).toEqual([`PATCH ${JOB}`, `DELETE ${JOB}`, `PATCH ${JOB}`]);
});

/** Makes a release the one that was accepted. */
function accept(accepted: ReturnType<typeof release>): void {
  const document = {
    ...{ version: 1, sequence: 1, release: accepted },
    history: [{ at: '', event: 'accepted', release: accepted.id }],
  };
  const content = Buffer.from(gzipped(JSON.stringify(document))).toString('base64');
  const labels = {
    ...{ 'sealift.app': 'shop', 'sealift.environment': 'production', 'sealift.role': 'record' },
  };
  memory.objects.set(`${NAMESPACE}/secrets/record`, { metadata: { labels }, data: { content } });
}

describe('what a killed run has made and changed goes when another process goes back', () => {
  const config = (name: string, value: string): KubernetesObject => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } },
    data: { value },
  });
  const previous = release([job, config('settings', 'before')]);
  const next = release([job, config('settings', 'after'), config('extra', 'x')]);
  const left = (name: string): unknown => memory.objects.get(`${NAMESPACE}/configmaps/${name}`)?.['data'];
  const wait = { signal, onProgress: () => undefined };

  beforeEach(() => {
    memory.objects.set(NAMESPACE, {});
  });

  async function deployAndDie(): Promise<void> {
    const killed = cluster();
    await killed.observe();
    await killed.prepare(next);
    await killed.apply(next, wait, false);
    expect([left('settings'), left('extra')]).toEqual([{ value: 'after' }, { value: 'x' }]);
  }

  async function goBackAnew(): Promise<void> {
    const finishing = Object.assign(cluster(), { converge: async () => 'whole' });
    const { records } = await finishing.observe();
    const progress = { onStepStart: () => undefined, onStepEnd: () => undefined, onWait: () => undefined };
    const run = new StepRunner(progress, { lost: signal, assertHeld: async () => undefined });
    await goBackTo(finishing, acceptedRelease(records), 'other releases', run, progress, signal);
  }

  test('to the release that was accepted', async () => {
    accept(previous);
    await applyRelease(memory.context, previous, { force: false, runsJobs: true, signal });
    await deployAndDie();
    await goBackAnew();
    expect([left('settings'), left('extra')]).toEqual([{ value: 'before' }, undefined]);
  });

  test('to nothing, where none was', async () => {
    await deployAndDie();
    await goBackAnew();
    expect([left('settings'), left('extra')]).toEqual([undefined, undefined]);
  });
});

test('the Job of a release that failed is ended; that of the release before stays as it is', async () => {
  memory.objects.set(NAMESPACE, {});
  const [previous, next] = [release([job]), release([job], '2026-01-02T00:00:00Z', true)];
  accept(previous);
  const [before] = previous.definition.objects;
  memory.objects.set(JOB, withUid(before));
  const deployed = cluster();
  await deployed.observe();
  const wait = { signal, onProgress: () => undefined };
  await deployed.apply(next, wait, false);
  expect(memory.objects.get(JOB)).toMatchObject({ metadata: { labels: { 'sealift.release': next.id } } });
  await deployed.apply(previous, wait, true);
  expect(memory.objects.has(JOB)).toBe(false);
  // Nothing was started, so nothing is to be ended.
  memory.objects.set(JOB, withUid(before));
  await deployed.apply(previous, wait, true);
  expect(memory.objects.has(JOB)).toBe(true);
});

test('a right that is needed only once a release is applied is missed before', async () => {
  memory.objects.set(NAMESPACE, {});
  memory.answer = ({ path, body }) => {
    if (!path.endsWith('/selfsubjectaccessreviews')) return undefined;
    const { verb, resource } = asObject(asObject(body['spec'])['resourceAttributes']);
    return { status: 201, body: { status: { allowed: `${verb} ${resource}` !== 'list pods' } } };
  };
  const deployed = cluster();
  await expect(deployed.plan(release([job]), await deployed.observe())).rejects.toThrow(
    /^kubeconfig: its user may not list pods in shop, which Sealift needs/,
  );
  // Who may not ask is not refused.
  memory.answer = ({ path }) =>
    path.endsWith('/selfsubjectaccessreviews') ? { status: 403, body: {} } : undefined;
  expect((await deployed.plan(release([job]), await deployed.observe())).changes).toHaveLength(1);
});

test('the kinds of a definition are waited for until the cluster serves them', async () => {
  const definition: KubernetesObject = {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: 'carts.shop.test' },
    spec: { group: 'shop.test', names: { kind: 'Cart' }, versions: [{ name: 'v1', served: true }] },
  };
  let asked = 0;
  memory.answer = ({ method, path }) => {
    if (method === 'GET' && path.endsWith('/carts.shop.test'))
      return { status: 200, body: { status: { conditions: [{ type: 'Established', status: 'True' }] } } };
    if (path !== '/apis/shop.test/v1') return undefined;
    asked += 1;
    const resources = [{ kind: 'Cart', name: 'carts', namespaced: true }];
    return { status: 200, body: { resources: asked < 3 ? [] : resources } };
  };
  await awaitKinds(memory.context, [definition], { signal });
  expect(asked).toBe(3);
});

test('a Deployment whose canary has all pods keeps them when the canary no longer says how many', async () => {
  memory.objects.set(NAMESPACE, {});
  const web: KubernetesObject = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: '${IMAGE}' }] },
      },
    },
  };
  const service: KubernetesObject = {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } },
    spec: { selector: { app: 'web' } },
  };
  const [live, next] = [release([web, service]), release([web, service], '', true, true)];
  const path = '/apis/apps/v1/namespaces/shop/deployments/web';
  memory.objects.set(path, { spec: { replicas: 4 } });
  memory.objects.set(`${path}-${next.id}`, { spec: { replicas: 4 } });
  await carryReplicas(memory.context, next, live, signal);
  expect(memory.calls.at(-1)).toMatchObject({ method: 'PATCH', body: { spec: { replicas: 4 } } });
  expect(memory.calls.at(-1)?.query.get('fieldManager')).toBe('sealift-shop-production-replicas');
});

test('the way back to a release in another registry needs no login that the cluster has already', async () => {
  memory.objects.set(NAMESPACE, {});
  const secret = (registry: string) => ({
    name: 'registry',
    dockerConfig: JSON.stringify({ auths: { [registry]: { auth: registry } } }),
  });
  const made = release([job]);
  for (const registry of ['old.test', 'new.test'])
    await applyRegistrySecret(memory.context, made, secret(registry), false);
  const { data } = memory.objects.get(`${NAMESPACE}/secrets/registry`) ?? {};
  const config = Buffer.from(String(asObject(data)['.dockerconfigjson']), 'base64').toString();
  expect(Object.keys(JSON.parse(config).auths)).toEqual(['old.test', 'new.test']);
});

test('a release that is too large to be recorded is refused before anything is changed', async () => {
  memory.objects.set(NAMESPACE, {});
  const content = randomBytes(1_000_000).toString('base64');
  const large: KubernetesObject = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'large', namespace: 'shop' } },
    data: { content },
  };
  const deployed = cluster();
  const found = await deployed.observe();
  await expect(deployed.plan(release([job, large]), found)).rejects.toThrow(
    /^The record of this release has \d+ KiB/,
  );
  expect(memory.changes).toEqual([]);
});

test('a command whose pod waits for a volume that is missing is given up in time, with the words of the node', async () => {
  memory.objects.set(NAMESPACE, {});
  const waiting = { reason: 'ContainerCreating' };
  const container = { name: 'seed', restartCount: 0, ready: false, state: { waiting } };
  const pod = {
    ...{ metadata: { name: 'seed-1', uid: 'p' }, spec: { nodeName: 's1' } },
    status: { phase: 'Pending', containerStatuses: [container] },
  };
  const items: Readonly<Record<string, readonly object[]>> = {
    [`${NAMESPACE}/pods`]: [pod],
    [`${NAMESPACE}/events`]: [{ message: 'MountVolume.SetUp failed for volume "key"' }],
  };
  memory.answer = ({ path }) =>
    items[path] === undefined ? undefined : { status: 200, body: { items: items[path] } };
  const hook = { service: 'seed', when: 'before' as const, argv: ['true'] };
  await expect(
    cluster().runHook(release([job]), hook, { signal, onProgress: () => undefined }),
  ).rejects.toThrow('MountVolume.SetUp failed for volume "key"');
});
