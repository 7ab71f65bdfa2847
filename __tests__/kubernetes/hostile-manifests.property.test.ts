import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderManifests } from '../../src/kubernetes/render-manifests.ts';
import { asList, asObject, isObject } from '../../src/model/json.ts';
import {
  canaryService,
  httpRoutesTo,
  openService,
  routeWithShare,
} from '../../src/release/kubernetes/canary-objects.ts';
import { makeKubernetesRelease } from '../../src/release/kubernetes/make-kubernetes-release.ts';
import { deploymentsBehind, switchedServices } from '../../src/release/kubernetes/side-by-side.ts';
import { type HostileChange, hostileChange, longChange } from '../support/hostile-data.ts';
import { outcomeOf, outcomeOfLong, outcomeOfMany } from '../support/hostile-outcome.ts';
import { parsePinnedImage } from '../support/pinned.ts';

const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
const file = join(folder, 'app.yaml');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

const APP = { app: 'shop', environment: 'production' };
const IMAGE = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);
const ORIGIN = {
  ...{ revision: undefined, ref: undefined, actor: undefined, runUrl: undefined, repository: undefined },
  ...{ tags: [], createdAt: '2026-01-01T00:00:00Z' },
};
const labels = { app: 'web', tier: 'front' };
const template = {
  metadata: { labels, annotations: { note: 'x' } },
  spec: { containers: [{ name: 'web', image: '${IMAGE}', env: [{ name: 'SELF', value: '${IMAGE}' }] }] },
};
const backendRefs = [{ name: 'web', port: 80, weight: 1 }];

const deployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop', labels } },
  spec: { replicas: 2, selector: { matchLabels: labels }, template },
};
const route = {
  ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  ...{ metadata: { name: 'web', namespace: 'shop' }, spec: { rules: [{ backendRefs }] } },
};
const cart = {
  ...{ apiVersion: 'shop.test/v1', kind: 'Cart', metadata: { name: 'cart' } },
  spec: { image: '${IMAGE}' },
};

/** Of each kind that is read in a way of its own. */
const OBJECTS: readonly unknown[] = [
  deployment,
  {
    ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'web', annotations: { a: 'b' } } },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } },
  },
  {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30_080 }] },
  },
  {
    ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' } },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
  },
  route,
  {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' } },
    ...{ data: { a: 'Yg==' }, stringData: { c: 'd' } },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conf' },
    data: { 'app.conf': 'image: ${IMAGE}' },
  },
  cart,
];

/** The inputs whose messages there are. */
const INPUT = /^(?:manifests|strategy): /;

/** As kubectl prints objects; what is none can only be in a list. */
const printed = (objects: readonly unknown[]): string =>
  objects.every(isObject)
    ? objects.map((object) => JSON.stringify(object, null, 4)).join('\n')
    : JSON.stringify({ kind: 'List', items: objects });

const withChanges = (changes: readonly HostileChange[]): string =>
  printed(asList(changes.reduce((data, change) => change(data), OBJECTS as unknown)));

const otherChange = fc.array(hostileChange, { maxLength: 1 });
const hostileManifests = fc.array(hostileChange, { minLength: 1, maxLength: 2 }).map(withChanges);

async function releaseOf(stdout: string, sideBySide: boolean, pullSecret: string | undefined) {
  const manifests = await renderManifests([{ path: file, values: [] }], {
    ...{ kubectl: 'kubectl', version: 'v1.34.4', of: APP, namespace: 'shop' },
    signal: new AbortController().signal,
    step: { run: async () => ({ exitCode: 0, stdout, stderr: '' }) },
  });
  const project = { ...APP, namespace: 'shop', manifests, pullSecret, sideBySide };
  const release = makeKubernetesRelease(project, new Map([['', IMAGE]]), { timeout: 1 }, ORIGIN);
  const { objects } = release.definition;
  const services = switchedServices(objects);
  const moved = services.map((service) => [
    deploymentsBehind(service, objects),
    canaryService(service, release),
    openService(service),
    httpRoutesTo(service, objects).map((route) => routeWithShare(route, services, release.id, 0.1)),
  ]);
  return { manifests, release, moved: JSON.stringify(moved) };
}

test('any manifests are a release with all their objects, or refused with plain words: 500 hostile ones', async () => {
  const outcomes = { made: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      hostileManifests,
      fc.boolean(),
      fc.constantFrom(undefined, 'login'),
      async (stdout, sideBySide, pullSecret) => {
        const made = await outcomeOf(() => releaseOf(stdout, sideBySide, pullSecret), INPUT);
        outcomes[made === undefined ? 'refused' : 'made'] += 1;
        if (made === undefined) return;
        expect(made.release.definition.objects).toHaveLength(made.manifests.length);
      },
    ),
    { numRuns: 500 },
  );
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
});

test('a megabyte of text in manifests costs no more time than its length: 20 places', async () => {
  await fc.assert(
    fc.asyncProperty(otherChange, longChange, fc.boolean(), async (other, long, sideBySide) => {
      const text = (length: number) => withChanges([...other, long(length)]);
      await outcomeOfLong((length) => releaseOf(text(length), sideBySide, undefined), INPUT);
    }),
    { numRuns: 20 },
  );
});

/** So many of what a manifest may have many of. */
const MANY: Readonly<Record<string, (numbers: readonly number[]) => readonly unknown[]>> = {
  objects: (numbers) => numbers.map((number) => withName(OBJECTS[number % OBJECTS.length], `web-${number}`)),
  containers: (numbers) => {
    const containers = numbers.map((number) => ({ name: `c${number}`, image: '${IMAGE}', env: [] }));
    return [{ ...deployment, spec: { ...deployment.spec, template: { ...template, spec: { containers } } } }];
  },
  labels: (numbers) => {
    const many = Object.fromEntries(numbers.map((number) => [`label-${number}`, '${IMAGE}']));
    return [{ ...deployment, metadata: { ...deployment.metadata, labels: many, annotations: many } }];
  },
  backends: (numbers) => {
    const rules = numbers.map(() => ({ backendRefs: [...backendRefs, { name: 'api', port: 80 }] }));
    return [...OBJECTS, { ...route, spec: { rules } }];
  },
  lists: (numbers) => [numbers.reduce<unknown>((items) => ({ kind: 'List', items: [items] }), deployment)],
  levels: (numbers) => [{ ...cart, spec: numbers.reduce<unknown>((inner) => ({ inner }), '${IMAGE}') }],
};

const withName = (object: unknown, name: string): unknown =>
  isObject(object) ? { ...object, metadata: { ...asObject(object['metadata']), name } } : object;

test.each(Object.entries(MANY))(
  'a small manifest with many %s takes less time than the cube of its size',
  async (_, objects) => {
    const text = (count: number) => printed(objects(Array.from({ length: count }, (__, number) => number)));
    for (const sideBySide of [false, true])
      await outcomeOfMany((count) => releaseOf(text(count), sideBySide, 'login'), INPUT);
  },
  600_000,
);
