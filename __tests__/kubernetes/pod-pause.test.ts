import { expect, test } from '@jest/globals';
import { podPause } from '../../src/kubernetes/pod-pause.ts';

const workload = (kind: string, spec: object = {}, pod: object = {}) => ({
  ...{ apiVersion: 'apps/v1', kind, metadata: { name: 'web' } },
  spec: { ...spec, template: { spec: pod } },
});

test.each([
  ['a Deployment starts new pods at once', workload('Deployment'), 0],
  ['minReadySeconds is no lack of progress', workload('Deployment', { minReadySeconds: 60 }), 60_000],
  [
    'Recreate waits until the old pods are gone',
    workload('Deployment', { strategy: { type: 'Recreate' } }),
    30_000,
  ],
  ['so does a StatefulSet', workload('StatefulSet', {}, { terminationGracePeriodSeconds: 120 }), 120_000],
  ['so does a DaemonSet', workload('DaemonSet', { minReadySeconds: 5 }), 35_000],
  ['a Job has no update', workload('Job'), 0],
])('%s', (_, object, pause) => {
  expect(podPause(object)).toBe(pause);
});
