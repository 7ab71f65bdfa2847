import { expect, test } from '@jest/globals';
import { PullRefused } from '../../src/engine/errors.ts';
import { HostError } from '../../src/model/errors.ts';
import { type Digest, pinnedImage } from '../../src/model/image.ts';
import { bringImage } from '../../src/rollout/bring-image.ts';
import type { ImageDelivery } from '../../src/rollout/image-delivery.ts';
import { PullProgress } from '../../src/rollout/pull-progress.ts';
import { MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const image = pinnedImage('ghcr.io/me/shop', `sha256:${'a'.repeat(64)}` as Digest);
const wanted = { name: image, platform: undefined, isReleased: true };

/** A host whose pulls end with these words; another host has the image or not. */
function hostThat(
  pulls: 'work' | string,
  { kind, mayCopy, elsewhere }: Pick<ImageDelivery, 'kind' | 'mayCopy'> & { readonly elsewhere: boolean },
) {
  const calls: string[] = [];
  const engine = Object.assign(new MemoryEngine(), {
    version: () => Promise.resolve({ version: '', apiVersion: '', os: 'linux', architecture: 'amd64' }),
    listContainers: () => Promise.resolve([]),
    pullImage: () => {
      calls.push('pull');
      return pulls === 'work'
        ? Promise.resolve()
        : Promise.reject(new PullRefused(engine.host, `pull ${image}`, pulls));
    },
  });
  const transfer = {
    isOnAnyHost: () => Promise.resolve(elsewhere),
    find: () => Promise.resolve(elsewhere ? { name: image } : undefined),
    send(_: unknown, local: { name: string }) {
      calls.push(`send ${local.name === image}`);
      return Promise.resolve({ name: `${image}-tag`, way: 'pulled', bytes: 7_000_000 });
    },
  };
  const images = {
    ...{ kind, mayCopy, local: () => undefined, others: new Map() },
    transfer: () => Promise.resolve(transfer),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as ImageDelivery;
  const context = { ...testHostContext(engine, new AbortController().signal), images };
  return { context: { ...context, environment: { HOME: '/nowhere' } }, calls };
}

test('an image that is in no registry is sent, and counted', async () => {
  const { context, calls } = hostThat('not asked', { kind: 'direct', mayCopy: false, elsewhere: true });
  const progress = new PullProgress();
  await bringImage(context, wanted, progress);
  expect(calls).toEqual(['send true']);
  expect(progress.bytesOf(image)).toBe(7_000_000);
  expect(context.runState.imageNames.get(image)).toBe(`${image}-tag`);
});

test('one that nobody has any more is an error that says what to do', async () => {
  const { context } = hostThat('not asked', { kind: 'direct', mayCopy: true, elsewhere: false });
  await expect(bringImage(context, wanted, new PullProgress())).rejects.toThrow(
    /is neither here nor on this runner nor on another host.*Deploy its commit again\.$/,
  );
});

test('images of others are pulled from their registries, whatever is released', async () => {
  const { context, calls } = hostThat('work', { kind: 'direct', mayCopy: false, elsewhere: true });
  await bringImage(context, { ...wanted, name: 'redis:7', isReleased: false }, new PullProgress());
  expect(calls).toEqual(['pull']);
});

test.each(['manifest unknown', 'received unexpected HTTP status: 503 Service Unavailable'])(
  'a rollback whose registry answers "%s" gets the image from another host at once',
  async (said) => {
    const { context, calls } = hostThat(said, { kind: 'registry', mayCopy: true, elsewhere: true });
    await bringImage(context, wanted, new PullProgress());
    expect(calls).toEqual(['pull', 'send true']);
  },
);

test('a deploy takes nothing from another host, and a rollback only what is there', async () => {
  for (const how of [
    { mayCopy: false, elsewhere: true },
    { mayCopy: true, elsewhere: false },
  ]) {
    const { context, calls } = hostThat('manifest unknown', { kind: 'registry', ...how });
    await expect(bringImage(context, wanted, new PullProgress())).rejects.toBeInstanceOf(HostError);
    expect(calls).toEqual(['pull']);
  }
});
