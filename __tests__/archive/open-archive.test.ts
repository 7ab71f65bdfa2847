/** Archives that somebody has changed, with a list of sums that fits. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { openArchive } from '../../src/archive/open-archive.ts';
import { layer, push, type Shipping, shipping } from './support/shipped.ts';

const run = promisify(execFile);

/** An archive whose parts were changed, and summed again. */
async function changed(own: Shipping, change: (parts: string) => Promise<void>): Promise<string> {
  const { registry } = own;
  const digest = push(registry, 'me/shop', 'v1', { 'linux/amd64': [layer(5_000)] });
  const { file } = await own.export(own.release('11111111', `${registry.host}/me/shop@${digest}`));
  const parts = own.path('parts');
  await mkdir(parts);
  await run('tar', ['-C', parts, '-xf', file]);
  await rm(join(parts, 'SHA256SUMS'));
  await change(parts);
  const names = await readdir(parts, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const { stdout } = await run(
    'sha256sum',
    files.map((path) => path.slice(parts.length + 1)),
    { cwd: parts },
  );
  await writeFile(join(parts, 'SHA256SUMS'), stdout);
  const archive = own.path('changed.tar');
  await run('tar', ['-C', parts, '-cf', archive, ...(await readdir(parts))]);
  return archive;
}

async function refusal(own: Shipping, archive: string): Promise<string> {
  const expected = { app: 'shop', environment: 'test', allowedSigners: undefined };
  const step = { ...own.step, signal: new AbortController().signal };
  return await openArchive(archive, expected, step).then(
    () => 'none',
    (error: unknown) => String(error),
  );
}

test('an archive whose parts are only packed anew is opened', async () => {
  await using own = await shipping();
  expect(await refusal(own, await changed(own, () => Promise.resolve()))).toBe('none');
});

test('a blob that is neither there nor in the list of sums is missed by the image that it is a part of', async () => {
  await using own = await shipping();
  let gone = '';
  const archive = await changed(own, async (parts) => {
    const blobs = join(parts, 'blobs/sha256');
    const sizes = await Promise.all(
      (await readdir(blobs)).map(async (name) => [name, (await readFile(join(blobs, name))).length] as const),
    );
    gone = sizes.toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? '';
    await rm(join(blobs, gone));
  });
  expect(await refusal(own, archive)).toContain(
    `changed.tar" lacks blobs/sha256/${gone}, a part of ${own.registry.host}/me/shop@sha256:`,
  );
});

test.each([
  [
    'sealift.json',
    '"format": 1',
    '"format": 2',
    'has the format 2, which this version of Sealift does not know.',
  ],
  ['release.json', '"id": "11111111"', '"id": "22222222"', 'has no release 11111111.'],
])('a %s with %s made %s is refused', async (name, from, to, message) => {
  await using own = await shipping();
  const archive = await changed(own, async (parts) => {
    const text = await readFile(join(parts, name), 'utf8');
    expect(text).toContain(from);
    await writeFile(join(parts, name), text.replace(from, to));
  });
  expect(await refusal(own, archive)).toContain(message);
});
