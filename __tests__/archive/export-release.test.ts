import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { layer, push, type Shipping, shipping } from './support/shipped.ts';

/** The names of the parts of an archive. */
async function partsOf(file: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('tar', ['-tf', file]);
  return stdout.trimEnd().split('\n');
}

/** An image of these layers by digest. */
function image({ registry }: Shipping, tag: string, ...layers: readonly ReturnType<typeof layer>[]): string {
  return `${registry.host}/me/shop@${push(registry, 'me/shop', tag, { 'linux/amd64': layers })}`;
}

test('a layer that several images have is there once', async () => {
  await using own = await shipping();
  const base = layer(20_000);
  const shop = image(own, 'v1', base, layer(900, 2));
  push(own.registry, 'me/db', '16', { 'linux/amd64': [base, layer(900, 3)] });
  const release = own.release('11111111', shop, `${own.registry.host}/me/db:16`);
  const { file, record } = await own.export(release);
  const digests = record.images.map(({ blobs }) => blobs.map(({ digest }) => digest));
  const common = digests[0]?.filter((digest) => digests[1]?.includes(digest));
  expect(common).toHaveLength(1);
  const parts = await partsOf(file);
  expect(new Set(parts).size).toBe(parts.length);
  expect(parts.filter((name) => name.startsWith('blobs/'))).toHaveLength(new Set(digests.flat()).size);
});

test('one that leaves out layers is itself one that a later export builds on', async () => {
  await using own = await shipping();
  const base = layer(20_000);
  const first = await own.export(own.release('11111111', image(own, 'v1', base)));
  const second = image(own, 'v2', base, layer(900, 2));
  const { record } = await own.export(own.release('22222222', second), { earlier: first.record });
  const third = own.release('33333333', image(own, 'v3', base, layer(900, 2), layer(900, 3)));
  const last = await own.export(third, { earlier: record });
  const left = last.record.images[0]?.blobs.filter(({ of }) => of !== undefined);
  expect(left?.map(({ of }) => of)).toEqual([second, second]);
  expect(last.record.since).toBe('22222222');
  for (const { digest } of left ?? [])
    expect(await partsOf(last.file)).not.toContain(`blobs/sha256/${digest.slice('sha256:'.length)}`);
});
