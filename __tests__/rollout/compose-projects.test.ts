import { expect, test } from '@jest/globals';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { composeProjectsOf } from '../../src/rollout/compose-projects.ts';

const compose = (project: string, more: Readonly<Record<string, string>> = {}) => ({
  'com.docker.compose.project': project,
  ...more,
});
const container = (
  name: string,
  labels: ContainerSummary['labels'],
  changes: Partial<ContainerSummary> = {},
) => ({
  ...{ id: name, name, imageId: '', labels, state: 'running', ports: [], networks: [], volumes: [] },
  ...changes,
});

test('the projects of a host are found by their containers and by volumes that a down has left; Sealift’s own are none', () => {
  const ofWeb = {
    'com.docker.compose.service': 'web',
    'com.docker.compose.project.working_dir': '/srv/shop',
  };
  const ports = [
    { port: 80, protocol: 'tcp' },
    { port: 80, protocol: 'tcp' },
    { port: 53, protocol: 'udp' },
  ];
  const found = composeProjectsOf(
    [
      container('shop-web-1', compose('shop', ofWeb), { ports, volumes: ['shop_data'] }),
      container('shop-web-run-1', compose('shop', { 'com.docker.compose.oneoff': 'True' })),
      container('own', compose('shop-production', { 'sealift.app': 'shop' })),
      container('plain', {}),
    ],
    [
      { name: 'blog_db', labels: compose('blog', { 'com.docker.compose.volume': 'db' }) },
      { name: 'own_data', labels: compose('shop-production', { 'sealift.app': 'shop' }) },
      { name: 'plain', labels: {} },
    ],
  );
  expect(found).toEqual([
    { name: 'blog', folder: undefined, containers: [], volumes: { db: 'blog_db' } },
    {
      name: 'shop',
      folder: '/srv/shop',
      containers: [
        { name: 'shop-web-1', service: 'web', running: true, ports: [80], volumes: ['shop_data'] },
      ],
      volumes: {},
    },
  ]);
});
