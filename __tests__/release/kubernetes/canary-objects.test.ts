import { describe, expect, test } from '@jest/globals';
import {
  canaryService,
  httpRoutesTo,
  openService,
  podsForShare,
  routeWithShare,
} from '../../../src/release/kubernetes/canary-objects.ts';
import type { KubernetesObject } from '../../../src/release/kubernetes/kubernetes-object.ts';
import { releaseId } from '../../support/identifiers.ts';

const ID = releaseId('1a2b3c4d');
const service: KubernetesObject = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } },
  spec: {
    ...{ type: 'NodePort', selector: { app: 'web', 'sealift.release': ID } },
    ports: [{ port: 80, targetPort: 3000, nodePort: 30_000 }],
  },
};
const route = (...backendRefs: readonly object[]): KubernetesObject => ({
  ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  metadata: { name: 'shop', namespace: 'shop' },
  spec: { parentRefs: [{ name: 'outside' }], rules: [{ backendRefs }, { filters: [] }] },
});
const web = { name: 'web', port: 80 };

describe('a route', () => {
  test('is known by the Service that it sends requests to, in its namespace', () => {
    const elsewhere = route({ ...web, namespace: 'other' });
    const routes = [route(web), elsewhere, route({ ...web, name: 'api' }), route({ ...web, kind: 'Bucket' })];
    expect(httpRoutesTo(service, [...routes, service])).toEqual([routes[0]]);
  });

  test('divides what goes to the Service, and leaves the shares of others alone', () => {
    const divided = routeWithShare(
      route({ ...web, weight: 3 }, { name: 'api', port: 80 }),
      [service],
      ID,
      0.05,
    );
    expect(divided['spec']).toEqual({
      parentRefs: [{ name: 'outside' }],
      rules: [
        {
          backendRefs: [
            { ...web, weight: 2850 },
            { ...web, name: `web-${ID}`, weight: 150 },
            { name: 'api', port: 80, weight: 1000 },
          ],
        },
        { filters: [] },
      ],
    });
  });

  test('has no weight above what the Gateway API takes, however large those of the manifest are', () => {
    const given = route({ ...web, weight: 9000 }, { name: 'api', weight: 1000 });
    const divided = routeWithShare(given, [service], ID, 0.05);
    expect(divided['spec']).toMatchObject({
      rules: [
        {
          backendRefs: [
            { name: 'web', weight: 949_050 },
            { name: `web-${ID}`, weight: 49_950 },
            { name: 'api', weight: 111_000 },
          ],
        },
        {},
      ],
    });
  });
});

test('the Service of a canary finds the pods of the release alone, and has no port on the nodes', () => {
  expect(canaryService(service, { app: 'shop', environment: 'production', id: ID })).toMatchObject({
    metadata: { name: `web-${ID}`, namespace: 'shop', labels: { 'sealift.app': 'shop' } },
    spec: { selector: { app: 'web', 'sealift.release': ID }, ports: [{ port: 80, targetPort: 3000 }] },
  });
});

test('without a route the Service finds the pods of both releases', () => {
  expect(openService(service)).toMatchObject({ spec: { selector: { app: 'web' } } });
});

test.each([
  [0.05, 4, 4, 1],
  [0.5, 4, 4, 4],
  [0.25, 6, 6, 2],
  [0.9, 4, 4, 4],
  [0.5, 0, 3, 1],
])('%d of the requests, beside %d pods and with %d in the end, are %d pods', (share, before, full, pods) => {
  expect(podsForShare(share, before, full)).toBe(pods);
});
