import { beforeEach, describe, expect, test } from '@jest/globals';
import { PullProgress } from '../../src/rollout/pull-progress.ts';

/** What an engine reports of its layers. */
const lines = (text: string): readonly string[] => text.trim().split('\n');
const STARTED = lines(`
ghcr.io/acme/shop@sha256:0123: Pulling from acme/shop
5a7813e071bf: Already exists
d2c8a5d3f1a0: Pulling fs layer
0c3b65a8b0fd: Pulling fs layer
e6cbb2d83b02: Pulling fs layer
e6cbb2d83b02: Waiting
`);
const HALF = lines(`
d2c8a5d3f1a0: Verifying Checksum
d2c8a5d3f1a0: Download complete
0c3b65a8b0fd: Retrying in 3 seconds
d2c8a5d3f1a0: Pull complete
`);
const DONE = lines(`
0c3b65a8b0fd: Pull complete
e6cbb2d83b02: Pull complete
Digest: sha256:0123
Status: Downloaded newer image for ghcr.io/acme/shop@sha256:0123
`);

const layer = (start: string, size: number) => ({
  digest: `sha256:${start.padEnd(64, '0')}`,
  diffId: 'sha256:other',
  size,
});
const LAYERS = [
  layer('5a7813e071bf', 30_000_000),
  layer('d2c8a5d3f1a0', 1_200_000),
  layer('0c3b65a8b0fd', 40_000_000),
  layer('e6cbb2d83b02', 2_000),
];

let progress: PullProgress;
const read = (image: string, ...all: readonly (readonly string[])[]): void => {
  for (const line of all.flat()) {
    const [id = '', state = '', bytes = '0'] = line.split(/: | at /);
    progress.read(image, { id, state, bytes: Number(bytes) });
  }
};
beforeEach(() => {
  progress = new PullProgress();
});

describe('the progress of a pull', () => {
  test('is not known before the first layer is', () => {
    read('shop', ['ghcr.io/acme/shop@sha256:0123: Pulling from acme/shop']);
    expect(progress.text).toBeUndefined();
  });

  test('counts layers until the registry has said how large they are', () => {
    read('shop', STARTED, HALF);
    expect(progress.text).toBe('1 of 3 layers');
    expect(progress.bytesOf('shop')).toBeUndefined();
  });

  test('counts the bytes of layers, without those that the host had', () => {
    progress.measure('shop', LAYERS);
    read('shop', STARTED);
    expect(progress.text).toBe('0 of 3 layers, 0 B of 41.2 MB');
    read('shop', HALF);
    expect(progress.text).toBe('1 of 3 layers, 1.2 MB of 41.2 MB');
    read('shop', DONE);
    expect(progress.text).toBe('3 of 3 layers, 41.2 MB of 41.2 MB');
    expect(progress.bytesOf('shop')).toBe(41_202_000);
  });

  test('counts the bytes of a layer that is on its way, and no other numbers', () => {
    progress.measure('shop', LAYERS);
    read('shop', STARTED, ['0c3b65a8b0fd: Downloading at 10000000']);
    expect(progress.text).toBe('0 of 3 layers, 10 MB of 41.2 MB');
    read('shop', ['0c3b65a8b0fd: Download complete', '0c3b65a8b0fd: Extracting at 3']);
    expect(progress.text).toBe('1 of 3 layers, 40 MB of 41.2 MB');
  });

  test('counts a layer that two images share for one of them', () => {
    progress.measure('shop', LAYERS);
    progress.measure('api', LAYERS.slice(0, 2));
    read('shop', STARTED);
    read('api', STARTED.slice(0, 3));
    read('shop', HALF, DONE);
    read('api', ['d2c8a5d3f1a0: Already exists']);
    expect(progress.bytesOf('shop')).toBe(41_202_000);
    expect(progress.bytesOf('api')).toBe(0);
  });

  test('does not know the bytes of an image whose manifest lists no layers', () => {
    progress.measure('shop', []);
    read('shop', STARTED, DONE);
    expect(progress.bytesOf('shop')).toBeUndefined();
  });
});
