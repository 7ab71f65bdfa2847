import { expect, test } from '@jest/globals';
import { hookJob, mayStillStart } from '../../src/kubernetes/run-kubernetes-hook.ts';
import { parsePinnedImage } from '../support/pinned.ts';
import { pod } from './support/pods.ts';

const image = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);

test('a command runs in the container of the release, with what it has, and gets no requests', () => {
  const job = hookJob(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            serviceAccountName: 'shop',
            initContainers: [
              { name: 'migrate', image },
              { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' },
            ],
            containers: [
              { name: 'log', image: 'log:1' },
              {
                name: 'web',
                image,
                args: ['serve'],
                env: [{ name: 'A', value: 'b' }],
                readinessProbe: {},
                lifecycle: {},
              },
            ],
          },
        },
      },
    },
    {
      app: 'shop',
      environment: 'production',
      services: { web: { name: 'web', image, reference: undefined } },
    },
    { service: 'web', when: 'before', argv: ['bin/migrate'] },
  );
  expect(job).toMatchObject({ metadata: { name: expect.stringMatching(/^web-before-[0-9a-f]{6}$/) } });
  expect(job['spec']).toEqual({
    backoffLimit: 0,
    template: {
      metadata: {
        labels: { 'sealift.app': 'shop', 'sealift.environment': 'production', 'sealift.role': 'hook' },
      },
      spec: {
        ...{ serviceAccountName: 'shop', restartPolicy: 'Never' },
        initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }],
        containers: [{ name: 'web', image, env: [{ name: 'A', value: 'b' }], command: ['bin/migrate'] }],
      },
    },
  });
});

test('a node may pull the image longer than a start may take', () => {
  const waiting = { reason: 'ContainerCreating', message: '' };
  const pulling = pod({ phase: 'Pending', isReady: false }, { waiting, isRunning: false, isReady: false });
  expect(mayStillStart(pulling, 61_000, 60_000)).toBe(true);
  expect(mayStillStart(pulling, 601_000, 60_000)).toBe(false);
  expect(mayStillStart({ ...pulling, node: undefined }, 61_000, 60_000)).toBe(false);
  expect(mayStillStart(undefined, 61_000, 60_000)).toBe(false);
});
