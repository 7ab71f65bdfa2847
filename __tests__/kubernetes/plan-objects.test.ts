import { expect, test } from '@jest/globals';
import { objectDifferences } from '../../src/kubernetes/plan-objects.ts';

const deployment = (image: string, secret: string) => ({
  metadata: {
    name: 'web',
    generation: 1,
    resourceVersion: '7',
    labels: { 'sealift.release': image, tier: 'front' },
  },
  spec: {
    template: { spec: { containers: [{ name: 'web', image, env: [{ name: 'KEY', value: secret }] }] } },
  },
  status: { replicas: 1 },
});

test('the difference of two objects names the container, hides values, and leaves out what the cluster keeps', () => {
  const before = deployment('shop@a', 'old-secret');
  const after = { ...deployment('shop@b', 'new-secret'), status: { replicas: 3 } };
  expect(objectDifferences(before, { ...after, metadata: { ...after.metadata, generation: 2 } })).toEqual([
    'spec.template.spec.containers.web.env.KEY.value',
    'spec.template.spec.containers.web.image: shop@a → shop@b',
  ]);
  expect(
    objectDifferences(before, { ...before, metadata: { ...before.metadata, resourceVersion: '8' } }),
  ).toEqual([]);
});

test('of contents only their names are said', () => {
  const config = (data: object) => ({ metadata: { name: 'settings' }, data });
  expect(objectDifferences(config({ one: 'a', two: 'b' }), config({ one: 'A', three: 'c' }))).toEqual([
    'data.one',
    'data.three',
    'without data.two',
  ]);
});
