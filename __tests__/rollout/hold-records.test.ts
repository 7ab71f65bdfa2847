import { expect, test } from '@jest/globals';
import type { ComposeConfig } from '../../src/model/compose-config.ts';
import { withRecordsHeld } from '../../src/rollout/hold-records.ts';
import { makeRelease } from '../plan/world.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const CONFIG: ComposeConfig = { services: { jobs: { volumes: [{ type: 'tmpfs', target: '/tmp' }] } } };
const held = (apiVersion: string, role: 'served' | 'worker'): Promise<ComposeConfig> => {
  const engine = Object.assign(new MemoryEngine(), {
    version: () => Promise.resolve({ version: '', apiVersion, os: 'linux', architecture: 'amd64' }),
    writeFiles: () => Promise.resolve(),
  });
  return withRecordsHeld(engine, makeRelease('22222222', { jobs: role }), CONFIG);
};

test('containers of a release without an edge have an empty folder of the volume of the records, so that no prune takes it', async () => {
  const mount = {
    type: 'volume',
    source: 'sealift-records',
    target: '/run/sealift-records',
    read_only: true,
  };
  const folder = { ...mount, volume: { nocopy: true, subpath: 'in-use' } };
  expect(await held('1.45', 'worker')).toEqual({
    services: { jobs: { volumes: [{ type: 'tmpfs', target: '/tmp' }, folder] } },
    volumes: { 'sealift-records': { name: 'shop-test-sealift', external: true } },
  });
});

test('they have none where the edge has the volume, or the engine can mount no folder of one', async () => {
  expect(await held('1.45', 'served')).toBe(CONFIG);
  expect(await held('1.44', 'worker')).toBe(CONFIG);
});
