import { expect, test } from '@jest/globals';
import { type Digest, pinnedImage } from '../../src/model/image.ts';
import type { ImageTransfer } from '../../src/model/image-source.ts';
import { openImageDelivery } from '../../src/rollout/image-delivery.ts';
import type { LocalImage } from '../../src/transfer/local-image.ts';
import { emptyWorld, observe } from '../plan/world.ts';
import { hostName } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const IMAGE = pinnedImage('ghcr.io/me/shop', `sha256:${'a'.repeat(64)}` as Digest);

/** The hosts whose way back is open at the end. */
async function preparedHosts(kind: ImageTransfer): Promise<readonly string[]> {
  const opened: string[] = [];
  const engines = ['ssh://has', 'ssh://lacks'].map((name) =>
    Object.assign(new MemoryEngine(hostName(name)), {
      openWayBack(port: number) {
        opened.push(name);
        return Promise.resolve({ kind: 'open' as const, port });
      },
    }),
  );
  const local = new Map([[IMAGE, {} as LocalImage]]);
  const log = { info() {}, debug() {}, notice() {}, warning() {}, error() {} };
  await using delivery = openImageDelivery({ kind, local, mayCopy: false }, engines, { folder: '', log });
  const details = {
    id: 'sha256:1',
    repoTags: [],
    repoDigests: [],
    layers: [],
    size: 1,
    platform: 'linux/amd64',
  };
  delivery.prepare(
    engines.map(({ host }) => ({
      host: observe(emptyWorld(), host),
      images: new Map([[IMAGE, host === 'ssh://has' ? details : undefined]]),
    })),
  );
  return opened;
}

test('the way back is opened ahead of the first image, to hosts that lack it', async () => {
  expect(await preparedHosts('direct')).toEqual(['ssh://lacks']);
});

test('an image that hosts pull from a registry needs no way back', async () => {
  expect(await preparedHosts('registry')).toEqual([]);
});
