import { execFile } from 'node:child_process';
import { copyFile, mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { openArchive } from '../../src/archive/open-archive.ts';
import { layer, push, type Shipping, shipping } from './support/shipped.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
type Expected = Parameters<typeof openArchive>[1];
const EXPECTED: Expected = { app: 'shop', environment: 'test', allowedSigners: undefined };

async function shopRelease(own: Shipping, id = '11111111') {
  const { registry } = own;
  const digest = push(registry, 'me/shop', 'v1', { 'linux/amd64': [layer(5_000), layer(90_000, 2)] });
  push(registry, 'me/db', '16', { 'linux/amd64': [layer(30_000, 3)], 'linux/arm64': [layer(31_000, 4)] });
  return own.release(id, `${registry.host}/me/shop@${digest}`, `${registry.host}/me/db:16`);
}

const opened = ({ step }: Shipping, file: string, changes: Partial<Expected> = {}) =>
  openArchive(file, { ...EXPECTED, ...changes }, { ...step, signal });

/** A key of ssh-keygen, and the line that allows it. */
async function keyOf({ path }: Shipping, name: string) {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path(name)]);
  const [key, publicKey] = await Promise.all([
    readFile(path(name), 'utf8'),
    readFile(path(`${name}.pub`), 'utf8'),
  ]);
  return { key, allowed: `${name}@example.com namespaces="sealift" ${publicKey.trim()}` };
}

/** Of a line of allowed signers. */
const keyIn = (line: string): string => line.replace(/^.*(?=ssh-ed25519 )/, '');

describe('an archive', () => {
  test('has the release, its images for the platform, and the digests of the registry', async () => {
    await using own = await shipping();
    const release = await shopRelease(own);
    const contents = new Map([
      ['SEALIFT_CONFIG_NGINX', 'server {}'],
      ['SEALIFT_SECRET_PASSWORD', ''],
    ]);
    const { file, record } = await own.export(release, { contents });
    const archive = await opened(own, file);
    expect(archive.release).toEqual({
      ...release,
      origin: { ...release.origin, createdAt: '2026-01-02T03:04:05Z' },
    });
    expect([...archive.configs]).toEqual([['SEALIFT_CONFIG_NGINX', 'server {}']]);
    expect(record.images.map(({ name, use, platforms }) => [name, use, platforms])).toEqual([
      [`${own.registry.host}/me/shop@${record.images[0]?.digest}`, 'release', ['linux/amd64']],
      [`${own.registry.host}/me/db:16`, 'accessory', ['linux/amd64']],
    ]);
    const [image] = record.images;
    for (const { digest } of image?.blobs.slice(-2) ?? []) {
      const bytes = await buffer(await archive.layout.open(digest));
      expect(bytes).toEqual(own.registry.blobs.get(`me/shop/${digest}`));
    }
  });

  test('has every platform that is asked for', async () => {
    await using own = await shipping();
    const { registry } = own;
    const platforms = {
      'linux/amd64': [layer(900)],
      'linux/arm64': [layer(901)],
      'linux/s390x': [layer(902)],
    };
    const digest = push(registry, 'me/shop', 'v1', platforms);
    const release = own.release('11111111', `${registry.host}/me/shop@${digest}`);
    const { record } = await own.export(release, { platforms: ['linux/arm64', 'linux/amd64'] });
    expect(record.images[0]?.platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect(record.images[0]?.blobs).toHaveLength(1 + 2 * 3);
    await expect(own.export(release, { platforms: ['linux/riscv64'] })).rejects.toThrow(
      'is for linux/amd64, linux/arm64 and linux/s390x, not for linux/riscv64.',
    );
  });

  test('is the same, byte for byte, whoever writes it when', async () => {
    await using own = await shipping();
    const release = await shopRelease(own);
    const one = await own.export(release, { file: 'one.tar' });
    const later = { ...release, origin: { ...release.origin, createdAt: '2030-01-01T00:00:00Z' } };
    const other = await own.export(later, { file: 'other.tar' });
    expect(other.sha256).toBe(one.sha256);
    expect(await readFile(other.file)).toEqual(await readFile(one.file));
    expect((await stat(one.file)).size).toBe(one.size);
    const { stdout } = await run('tar', ['--utc', '-tvf', one.file]);
    for (const line of stdout.trimEnd().split('\n'))
      expect(line).toMatch(/^-rw-r--r-- 0\/0 .* 1970-01-01 00:00 /);
  });

  test('is one that tar reads, whose sums sha256sum finds right', async () => {
    await using own = await shipping();
    const { file } = await own.export(await shopRelease(own));
    const parts = own.path('parts');
    await mkdir(parts);
    await run('tar', ['-C', parts, '-xf', file]);
    const { stdout } = await run('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: parts });
    expect(stdout).toContain('README.md: OK');
    expect(stdout).not.toContain('FAILED');
    expect(await readFile(join(parts, 'README.md'), 'utf8')).toContain(
      'docker load -i shop-11111111.sealift.tar',
    );
    const [entry] = JSON.parse(await readFile(join(parts, 'manifest.json'), 'utf8'));
    expect(entry.RepoTags).toEqual([`${own.registry.host}/me/shop:11111111`]);
  });

  test('leaves out the layers that an earlier one has, and needs them', async () => {
    await using own = await shipping();
    const { registry } = own;
    const first = await own.export(await shopRelease(own));
    const changed = push(registry, 'me/shop', 'v2', { 'linux/amd64': [layer(5_000), layer(3_000, 9)] });
    const next = own.release('22222222', `${registry.host}/me/shop@${changed}`, `${registry.host}/me/db:16`);
    const { file, record, size } = await own.export(next, { earlier: first.record });
    expect(size).toBeLessThan(3_000 + 40_000);
    expect(size).toBeLessThan(first.size - 80_000);
    expect(record.since).toBe('11111111');
    const left = record.images.flatMap(({ blobs }) => blobs.filter(({ of }) => of !== undefined));
    expect(left.map(({ of }) => of)).toEqual([first.record.images[0]?.name, `${registry.host}/me/db:16`]);
    const archive = await opened(own, file);
    for (const { digest } of left) expect(await archive.layout.size(digest)).toBeUndefined();
    const { stdout } = await run('tar', ['-tf', file]);
    expect(stdout).not.toContain('manifest.json');
  });

  test('of a download that breaks off goes on where that broke', async () => {
    await using own = await shipping();
    const release = await shopRelease(own);
    const { registry } = own;
    const broken = new Set<string>();
    registry.breakOff = (path) => {
      if (!path.includes('/blobs/') || broken.has(path)) return undefined;
      broken.add(path);
      return 1_000;
    };
    const { file } = await own.export(release);
    await opened(own, file);
    expect(own.step.lines.join('\n')).toContain('broke off after 1000 of');
    expect(registry.ranges).toContain('bytes=1000-');
  });

  test('is not left behind half written when the registry sends something else', async () => {
    await using own = await shipping();
    const release = await shopRelease(own);
    const { registry } = own;
    const [largest] = [...registry.blobs].toSorted(([, one], [, other]) => other.length - one.length);
    registry.blobs.set(largest?.[0] ?? '', Buffer.alloc(largest?.[1].length ?? 0));
    await expect(own.export(release)).rejects.toThrow('that are not the blob of');
    await expect(stat(own.path('shop-11111111.sealift.tar'))).rejects.toThrow('ENOENT');
    await expect(stat(own.path('shop-11111111.sealift.tar.part'))).rejects.toThrow('ENOENT');
  });
});

describe('an archive is refused', () => {
  async function exported(own: Shipping): Promise<string> {
    return (await own.export(await shopRelease(own))).file;
  }

  test.each([
    ['in a blob', 0.5],
    ['in its last blob', 0.95],
  ])('that is cut off %s', async (_, share) => {
    await using own = await shipping();
    const file = await exported(own);
    await truncate(file, Math.floor((await stat(file)).size * share));
    await expect(opened(own, file)).rejects.toThrow(/^archive: .*is cut off/);
  });

  test.each([
    ['a layer', 60_000],
    ['a text', 600],
  ])('in which a bit of %s has changed', async (_, place) => {
    await using own = await shipping();
    const file = await exported(own);
    const handle = await open(file, 'r+');
    const { buffer: bytes } = await handle.read(Buffer.alloc(1), 0, 1, place);
    await handle.write(Buffer.from([(bytes[0] ?? 0) ^ 1]), 0, 1, place);
    await handle.close();
    await expect(opened(own, file)).rejects.toThrow('is not what it was when it was exported');
  });

  test('that lacks a part, or has one more', async () => {
    await using own = await shipping();
    const file = await exported(own);
    const less = own.path('less.tar');
    const parts = own.path('parts');
    await mkdir(parts);
    await run('tar', ['-C', parts, '-xf', file]);
    await rm(join(parts, 'configs.json'));
    await run('tar', ['-C', parts, '-cf', less, ...(await readdir(parts))]);
    await expect(opened(own, less)).rejects.toThrow(`archive: "${less}" lacks its part configs.json.`);
    const more = own.path('more.tar');
    await copyFile(file, more);
    await writeFile(own.path('extra.txt'), 'text');
    await run('tar', ['-C', own.path('.'), '--append', '-f', more, 'extra.txt']);
    await expect(opened(own, more)).rejects.toThrow('has a part extra.txt that is not in its list of sums');
  });

  test('of another app or environment', async () => {
    await using own = await shipping();
    const file = await exported(own);
    await expect(opened(own, file, { app: 'blog' })).rejects.toThrow('is of the app "shop", not of "blog".');
    await expect(opened(own, file, { environment: 'production' })).rejects.toThrow(
      'was exported for "test", not for "production".',
    );
  });

  test('that is none', async () => {
    await using own = await shipping();
    const other = own.path('other.tar');
    await writeFile(own.path('extra.txt'), 'text');
    await run('tar', ['-C', own.path('.'), '-cf', other, 'extra.txt']);
    await expect(opened(own, other)).rejects.toThrow('is no archive of Sealift.');
    await expect(opened(own, own.path('extra.txt'))).rejects.toThrow('is no tar archive');
    await expect(opened(own, own.path('nowhere.tar'))).rejects.toThrow("can't be read (ENOENT");
    await expect(opened(own, own.path('.'))).rejects.toThrow("can't be read (it is no file)");
  });
});

describe('a signature', () => {
  test('is verified by the allowed signers, and says who signed', async () => {
    await using own = await shipping();
    const alice = await keyOf(own, 'alice');
    const { file } = await own.export(await shopRelease(own), { signKey: alice.key });
    const { signer } = await opened(own, file, { allowedSigners: alice.allowed });
    expect(signer).toBe('alice@example.com');
    expect((await opened(own, file)).signer).toBeUndefined();
  });

  test.each([
    [
      'for another purpose in the line above',
      (line: string) => `git namespaces="git" ${keyIn(line)}\n${line}`,
    ],
    ['for others than one that is left out', (line: string) => line.replace(/^\S+/, '!eve,*@example.com')],
  ])('is verified by a key that is allowed %s', async (_, allowed) => {
    await using own = await shipping();
    const alice = await keyOf(own, 'alice');
    const { file } = await own.export(await shopRelease(own), { signKey: alice.key });
    const { signer } = await opened(own, file, { allowedSigners: allowed(alice.allowed) });
    expect(signer).toMatch(/@example\.com$/);
  });

  test('of the same release by the same key is the same', async () => {
    await using own = await shipping();
    const { key } = await keyOf(own, 'alice');
    const release = await shopRelease(own);
    const one = await own.export(release, { signKey: key, file: 'one.tar' });
    const other = await own.export(release, { signKey: key, file: 'other.tar' });
    expect(other.sha256).toBe(one.sha256);
  });

  test('by another key, for another purpose, or none at all is refused', async () => {
    await using own = await shipping();
    const [alice, mallory] = [await keyOf(own, 'alice'), await keyOf(own, 'mallory')];
    const release = await shopRelease(own);
    const unsigned = await own.export(release, { file: 'unsigned.tar' });
    const allowedSigners = alice.allowed;
    await expect(opened(own, unsigned.file, { allowedSigners })).rejects.toThrow('is not signed.');
    const foreign = await own.export(release, { signKey: mallory.key, file: 'foreign.tar' });
    await expect(opened(own, foreign.file, { allowedSigners })).rejects.toThrow('is not by one of them');
    const other = alice.allowed.replace('"sealift"', '"file"');
    const signed = await own.export(release, { signKey: alice.key, file: 'signed.tar' });
    await expect(opened(own, signed.file, { allowedSigners: other })).rejects.toThrow(
      'is not by one of them',
    );
  });

  test('does not cover a list that was written anew', async () => {
    await using own = await shipping();
    const alice = await keyOf(own, 'alice');
    const first = await own.export(await shopRelease(own), { signKey: alice.key, file: 'first.tar' });
    const second = await own.export(await shopRelease(own, '22222222'), { file: 'second.tar' });
    // The signature of the first one in the second one.
    await run('tar', ['-C', own.path('.'), '-xf', first.file, 'SHA256SUMS.sig']);
    await run('tar', ['-C', own.path('.'), '--append', '-f', second.file, 'SHA256SUMS.sig']);
    await expect(opened(own, second.file, { allowedSigners: alice.allowed })).rejects.toThrow(
      'or not of what is in it',
    );
  });

  test('needs a key that ssh-keygen can sign with', async () => {
    await using own = await shipping();
    const { key } = await keyOf(own, 'alice');
    const release = await shopRelease(own);
    const broken = key.replace(/[A-Za-z]{9}/, 'AAAAAAAAA');
    await expect(own.export(release, { signKey: broken })).rejects.toThrow(
      "sign-key: ssh-keygen can't sign with it.",
    );
  });
});
