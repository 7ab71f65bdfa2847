import { describe, expect, test } from '@jest/globals';
import type { KubernetesObject } from '../../../src/release/kubernetes/kubernetes-object.ts';
import {
  type KubernetesProject,
  makeKubernetesRelease,
} from '../../../src/release/kubernetes/make-kubernetes-release.ts';
import { parsePinnedImage } from '../../support/pinned.ts';

const IMAGE = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);
const OTHER = parsePinnedImage(`registry.test/shop/worker@sha256:${'b'.repeat(64)}`);

const workload = (
  kind: string,
  name: string,
  images: readonly string[],
  apiVersion = 'apps/v1',
): KubernetesObject => {
  const containers = images.map((image, index) => ({ name: `c${index}`, image }));
  const template = { spec: { containers } };
  const spec = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, spec };
};

function release(
  objects: readonly KubernetesObject[],
  {
    built = [['', IMAGE] as const],
    force = false,
    ...given
  }: Partial<KubernetesProject> & {
    built?: readonly (readonly [string, typeof IMAGE])[];
    force?: boolean;
  } = {},
) {
  const manifests = objects.map((object, index) => ({ object, source: `k8s/${index}.yaml` }));
  const origin = {
    ...{ revision: undefined, ref: undefined, actor: undefined, runUrl: undefined, repository: undefined },
    ...{ tags: [], createdAt: '2026-01-01T00:00:00Z' },
  };
  const project = {
    app: 'shop',
    environment: 'production',
    namespace: 'shop',
    pullSecret: undefined,
    sideBySide: false,
    ...given,
    manifests,
  };
  return makeKubernetesRelease(project, new Map(built), { timeout: 1 }, origin, force);
}

const imagesIn = (object: KubernetesObject | undefined): readonly string[] =>
  [...JSON.stringify(object).matchAll(/"image":"([^"]*)"/g)].map(([, image]) => image ?? '');

test('a release beside another one is another release, in whose id its names are no part', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } };
  const labels = { app: 'web' };
  const containers = [{ name: 'web', image: '${IMAGE}' }];
  const web = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
  const objects = [web, { ...service, spec: { selector: labels } }];
  const [rolling, beside] = [release(objects), release(objects, { sideBySide: true })];
  expect(beside.id).not.toBe(rolling.id);
  expect(Object.keys(beside.services)).toEqual(['web']);
  expect(beside.definition.objects.map(({ metadata }) => metadata.name)).toEqual(['web', `web-${beside.id}`]);
});

test('what several apps share has no labels of a release, so that none takes it from another', () => {
  const shared = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'carts.shop.test' },
    },
  ];
  const { definition } = release([...shared, workload('Deployment', 'web', ['${IMAGE}'])]);
  expect(definition.objects.slice(0, 2)).toEqual(shared);
  expect(definition.objects[2]?.metadata.labels).toMatchObject({ 'sealift.app': 'shop' });
});

describe('images', () => {
  test('${IMAGE} and every container of the repository get the digest, others stay', () => {
    const objects = [
      workload('Deployment', 'web', ['${IMAGE}', 'redis:7']),
      workload('CronJob', 'report', ['registry.test/shop:latest'], 'batch/v1'),
      workload('Rollout', 'canary', [`registry.test/shop:1@sha256:${'c'.repeat(64)}`], 'argoproj.io/v1'),
    ];
    const { definition, services } = release(objects);
    expect(definition.objects.map(imagesIn)).toEqual([[IMAGE, 'redis:7'], [IMAGE], [IMAGE]]);
    expect(Object.keys(services)).toEqual(['web', 'report', 'canary']);
  });

  test('init containers get it too', () => {
    const web = workload('Deployment', 'web', ['redis:7']);
    const initContainers = [{ name: 'migrate', image: 'registry.test/shop' }];
    const spec = { template: { spec: { initContainers, containers: [{ name: 'web', image: '${IMAGE}' }] } } };
    expect(release([{ ...web, spec }]).definition.objects.map(imagesIn)).toEqual([[IMAGE, IMAGE]]);
  });

  test('of several images each goes to the containers of its repository', () => {
    const built = [['web', IMAGE] as const, ['worker', OTHER] as const];
    const objects = [
      workload('Deployment', 'web', ['registry.test/shop']),
      workload('Deployment', 'worker', ['registry.test/shop/worker:1']),
    ];
    expect(release(objects, { built }).definition.objects.map(imagesIn)).toEqual([[IMAGE], [OTHER]]);
    expect(() => release([workload('Deployment', 'web', ['${IMAGE}'])], { built })).toThrow(
      'manifests: k8s/0.yaml, Deployment web: "${IMAGE}" does not name an image by its digest.',
    );
  });

  test('an image that is not by digest afterwards is an error, and a release without its image too', () => {
    expect(() => release([workload('Deployment', 'web', ['redis:7'])])).toThrow(
      'manifests: no container runs registry.test/shop.',
    );
  });

  test('texts of a ConfigMap are not taken for images, but ${IMAGE} is replaced in all texts', () => {
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { image: 'registry.test/shop:1', now: 'x ${IMAGE}' },
    };
    const [, found] = release([
      workload('Deployment', 'web', ['${IMAGE}']),
      config,
    ]).definition.objects.toReversed();
    expect(found?.['data']).toEqual({ image: 'registry.test/shop:1', now: `x ${IMAGE}` });
  });
});

describe('a release', () => {
  test('has its objects in the order in which they are applied, with its labels', () => {
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', labels: { tier: 'front' } },
    };
    const { definition, id } = release([workload('Deployment', 'web', ['${IMAGE}']), config]);
    expect(definition.objects.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Deployment']);
    expect(definition.objects[0]?.metadata.labels).toEqual({
      ...{ tier: 'front', 'sealift.app': 'shop', 'sealift.environment': 'production', 'sealift.release': id },
    });
  });

  test('of equal content has an equal id; force gives it another one, and other pods', () => {
    const objects = [workload('Deployment', 'web', ['${IMAGE}'])];
    expect(release(objects).id).toBe(release(objects).id);
    const forced = release(objects, { force: true });
    expect(forced.id).not.toBe(release(objects).id);
    expect(JSON.stringify(forced.definition.objects[0]?.['spec'])).toContain(
      `"sealift.release":"${forced.id}"`,
    );
  });

  test('of two manifests of the same object is refused, also under another version of its API', () => {
    const cron = workload('CronJob', 'report', ['${IMAGE}'], 'batch/v1');
    expect(() => release([cron, { ...cron, apiVersion: 'batch/v1beta1' }])).toThrow(
      'manifests: CronJob report is in k8s/0.yaml and in k8s/1.yaml. Remove one of the two',
    );
  });

  test('gives its workloads the pull secret once, and a Secret its data as the cluster has it', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'a' } };
    const { definition } = release([secret, workload('Deployment', 'web', ['${IMAGE}'])], {
      pullSecret: 'registry',
    });
    expect(definition.objects[0]).toMatchObject({ data: { key: 'YQ==' } });
    expect(definition.objects[0]).not.toHaveProperty('stringData');
    expect(definition.objects[1]).toMatchObject({
      spec: { template: { spec: { imagePullSecrets: [{ name: 'registry' }] } } },
    });
  });
});
