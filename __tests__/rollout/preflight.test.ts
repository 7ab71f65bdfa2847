import { expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/model/errors.ts';
import { NO_RECORDS } from '../../src/release/records.ts';
import { preflight } from '../../src/rollout/preflight.ts';
import { Host } from '../plan/hosts.ts';
import { makeRelease } from '../plan/world.ts';

const release = makeRelease(
  '22222222',
  { web: 'served' },
  { base: { services: { db: { container_name: 'shop-db' } } } },
);
const database = { name: 'shop-db', service: 'db', running: true, ports: [], volumes: [] };
const project = { name: 'shop', folder: undefined, containers: [database], volumes: {} };
const host = new Host().see({ composeProjects: [project], foreignContainers: ['shop-db'] });
const observations = [{ host, containers: [], temporary: [], images: new Map(), records: NO_RECORDS }];

test('the container_name of an accessory is free if the project is taken over of which a container has it, and only then', async () => {
  await expect(preflight([], observations, release, new Map([[host.host, 'shop']]))).resolves.toBeUndefined();
  await expect(preflight([], observations, release)).rejects.toThrow(ConfigurationError);
  await expect(preflight([], observations, release, new Map([[host.host, 'other']]))).rejects.toThrow(
    'container_name "shop-db" of db is already taken',
  );
});
