import { describe, expect, test } from '@jest/globals';
import {
  type KubernetesObject,
  objectText,
  workloadNames,
} from '../../../src/release/kubernetes/kubernetes-object.ts';
import {
  besideOthers,
  deploymentsBehind,
  switchedServices,
} from '../../../src/release/kubernetes/side-by-side.ts';
import { releaseId } from '../../support/identifiers.ts';
import { parsePinnedImage } from '../../support/pinned.ts';

const IMAGE = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);
const ID = releaseId('1a2b3c4d');

const workload = (name: string, labels: object, kind = 'Deployment'): KubernetesObject => ({
  ...{ apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'shop' } },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: {} } },
});
const service = (name: string, selector: object | undefined): KubernetesObject => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec: { selector } },
});

/** @param others objects that run no built image */
const beside = (built: readonly KubernetesObject[], others: readonly KubernetesObject[] = []) =>
  besideOthers(
    [
      ...built.map((object) => ({ object, source: 'k8s.yaml', images: [IMAGE] })),
      ...others.map((object) => ({ object, source: 'k8s.yaml', images: [] })),
    ],
    ID,
  ).map(({ object }) => object);

const web = workload('web', { app: 'web' });

describe('a release beside another one', () => {
  test('has Deployments of its own, whose pods no other Service of the app finds, and Services that find only them', () => {
    const [deployment, selecting] = beside([web], [service('web', { app: 'web' })]);
    const labels = { app: 'web', 'sealift.release': ID };
    expect(deployment).toMatchObject({
      metadata: { name: `web-${ID}`, labels: { 'sealift.workload': 'web' } },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    });
    expect(selecting).toMatchObject({ metadata: { name: 'web' }, spec: { selector: labels } });
  });

  test('is called by the names in the manifests', () => {
    const names = workloadNames(beside([web], [service('web', { app: 'web' })]));
    expect([...names.values()]).toEqual(['web']);
  });

  test('leaves alone what gets no requests, and what runs no built image, with its Services', () => {
    const others = [
      ...[workload('redis', { app: 'redis' }), service('redis', { app: 'redis' })],
      ...[service('web', { app: 'web' }), service('outside', undefined)],
    ];
    const objects = beside([web, workload('worker', { app: 'worker' })], others);
    expect(objects.map(objectText)).toEqual([
      ...[`Deployment web-${ID}`, 'Deployment worker', 'Deployment redis'],
      ...['Service redis', 'Service web', 'Service outside'],
    ]);
    expect(objects.filter((each) => JSON.stringify(each).includes('sealift.release'))).toHaveLength(2);
  });

  test('has autoscalers that find its Deployments, and not those of the same name elsewhere', () => {
    const scaler = (kind: string, namespace: string): KubernetesObject => ({
      ...{
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web', namespace },
      },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name: 'web' } },
    });
    const given = [
      scaler('Deployment', 'shop'),
      scaler('StatefulSet', 'shop'),
      scaler('Deployment', 'other'),
    ];
    const objects = beside([web], [service('web', { app: 'web' }), ...given]);
    const targets = objects.slice(2).map(({ spec }) => JSON.stringify(spec));
    expect(targets.map((text) => text.includes(`web-${ID}`))).toEqual([true, false, false]);
  });
});

test('the Services to switch are known from the release, and the Deployments behind each', () => {
  const objects = beside([web], [service('web', { app: 'web' }), service('redis', { app: 'redis' })]);
  const services = switchedServices(objects);
  expect(services.map(objectText)).toEqual(['Service web']);
  expect(services.flatMap((each) => deploymentsBehind(each, objects)).map(objectText)).toEqual([
    `Deployment web-${ID}`,
  ]);
  expect(switchedServices([web, service('web', { app: 'web' })])).toEqual([]);
});

test.each([
  ['there is no Service', [], 'strategy: no Service in the manifests sends requests to a Deployment'],
  [
    'its Service also finds pods that can not run twice',
    [service('web', { app: 'web' }), workload('store', { app: 'web', kind: 'store' }, 'StatefulSet')],
    'strategy: Service web also sends requests to the pods of StatefulSet store',
  ],
])('a release can not run beside another one where %s', (_, others, says) => {
  expect(() => beside([web], others)).toThrow(says);
});
