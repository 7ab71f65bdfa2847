import { describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { messageOf } from '../../src/model/errors.ts';
import { checkDiskSpace, type LayerLookup, parseAvailableSpace } from '../../src/rollout/disk-space.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const MB = 1_000_000;
const DF = (available: number): string =>
  `Filesystem           1024-blocks    Used Available Capacity Mounted on\noverlay                8089052     52416   ${available}   1% /\n`;

/** A host with `free` bytes, an edge to measure from, and an image with these layers. */
function hostWith(free: number, layers: readonly string[], state = 'running'): Engine {
  const engine: Engine = new MemoryEngine();
  return Object.assign(engine, {
    listContainers: () => Promise.resolve([{ id: 'edge', labels: { 'sealift.role': 'edge' }, state }]),
    exec: () => Promise.resolve({ exitCode: 0, stdout: DF(Math.floor(free / 1024)), stderr: '' }),
    version: () => Promise.resolve({ version: '', apiVersion: '', os: 'linux', architecture: 'arm64' }),
    listImages: () => Promise.resolve([{ id: 'there' }]),
    inspectImage: () => Promise.resolve({ layers }),
  });
}

const registry =
  (images: Readonly<Record<string, Readonly<Record<string, number>>>>): LayerLookup =>
  (image) => {
    const layers = Object.entries(images[image] ?? {}).map(([diffId, size]) => ({
      digest: '',
      diffId,
      size,
    }));
    return Promise.resolve(
      images[image] === undefined
        ? undefined
        : new Map([
            ['linux/amd64', { layers: [{ digest: '', diffId: 'other', size: 999_000 * MB }] }],
            ['linux/arm64/v8', { layers }],
          ]),
    );
  };

const check = (engine: Engine, layersOf: LayerLookup, ...images: readonly string[]): Promise<string> => {
  const signal = new AbortController().signal;
  const log = {
    info: () => undefined,
    notice: () => undefined,
    warning: () => undefined,
    debug: () => undefined,
  };
  const context: Pick<HostContext, 'engine' | 'lookUpLayers' | 'signal' | 'log'> = {
    engine,
    lookUpLayers: layersOf,
    signal,
    log,
  };
  return checkDiskSpace(context, images).then(() => 'passed', messageOf);
};

const shop = { shop: { base: 700 * MB, app: 112 * MB }, api: { base: 700 * MB, api: 50 * MB } };

describe('the check of the disk space', () => {
  test('fails before the pull if the disk is too small, with the missing space', async () => {
    expect(await check(hostWith(240 * MB + 1024, []), registry(shop), 'shop')).toBe(
      'ssh://one: there is not enough disk space for shop. It needs at least 812 MB, 241 MB are free: 572 MB are missing. ' +
        'Free some space ("docker system df" shows what uses it) or lower "keep".',
    );
  });

  test('does not count layers that are on the host already', async () => {
    expect(await check(hostWith(240 * MB, ['base']), registry(shop), 'shop')).toBe('passed');
  });

  test('counts a layer of several images once', async () => {
    expect(await check(hostWith(863 * MB, []), registry(shop), 'shop', 'api')).toBe('passed');
    expect(await check(hostWith(861 * MB, []), registry(shop), 'shop', 'api')).toMatch(/at least 862 MB/);
  });

  test.each<[string, Engine, LayerLookup]>([
    ['the registry does not report the layers', hostWith(MB, []), registry({})],
    ['the registry fails', hostWith(MB, []), () => Promise.reject(new Error('503'))],
    ['no edge runs to measure from', hostWith(MB, [], 'exited'), registry(shop)],
  ])('passes when %s', async (_, engine, layersOf) => {
    expect(await check(engine, layersOf, 'shop')).toBe('passed');
  });

  test('looks up no sizes if much space is free', async () => {
    expect(await check(hostWith(99_000 * MB, []), () => Promise.reject(new Error('looked up')), 'shop')).toBe(
      'passed',
    );
  });
});

test('the available space is read from the output of df', () => {
  expect(parseAvailableSpace(DF(8_036_636))).toBe(8_036_636 * 1024);
  expect(parseAvailableSpace('df: /: permission denied')).toBeUndefined();
});
