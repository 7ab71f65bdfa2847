import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type InlinedMounts, inlineMounts } from '../../../src/release/compose/checkout-files.ts';
import { volumeFilesOf } from '../../../src/release/compose/file-volumes.ts';
import type { RunnerPath } from '../../../src/release/compose/runner-paths.ts';

let workspace = '';
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'checkout-'));
});
afterEach(() => rm(workspace, { recursive: true }));

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), content);
}

/** A service `web` that mounts something of the checkout at /target. */
function mount(path: string, more: Partial<RunnerPath> = {}): Promise<InlinedMounts> {
  const source = join(workspace, path);
  const volumes = [
    { type: 'bind', source, target: '/target' },
    { type: 'volume', source: 'data', target: '/data' },
  ];
  const runnerPath: RunnerPath = {
    ...{ service: 'web', written: `./${path}`, source, target: '/target', readOnly: true, kind: 'file' },
    ...more,
  };
  return inlineMounts({ services: { web: { volumes } } }, [runnerPath], 'shop-production', workspace);
}

const reasonOf = async (mounted: Promise<InlinedMounts>): Promise<string | undefined> =>
  (await mounted).refused[0]?.reason;

describe('a file that is mounted', () => {
  test('is a config with its content and mode, and no mount any more', async () => {
    await write('conf/start.sh', '#!/bin/sh\necho $HOME\n');
    await chmod(join(workspace, 'conf/start.sh'), 0o755);
    const { config, refused, notices } = await mount('conf/start.sh');
    expect(config).toEqual({
      services: {
        web: {
          volumes: [{ type: 'volume', source: 'data', target: '/data' }],
          configs: [{ source: 'conf_start.sh', target: '/target', mode: '0555' }],
        },
      },
      // Compose sees no variable in it.
      configs: { 'conf_start.sh': { content: '#!/bin/sh\necho $$HOME\n' } },
    });
    expect([refused, notices]).toEqual([[], []]);
  });

  test('is copied without :ro too, which a notice says', async () => {
    await write('nginx.conf', 'events {}\n');
    const { config, notices } = await mount('nginx.conf', { readOnly: false });
    expect(Object.keys(config.configs ?? {})).toEqual(['nginx.conf']);
    expect(notices).toEqual([expect.stringContaining('What the container writes to /target is gone')]);
  });

  test.each<[string, string, string, boolean]>([
    ['.env', 'A=1', 'it looks like a secret', true],
    ['.env.production', 'A=1', 'it looks like a secret', true],
    ['tls/server.key', 'x', 'it looks like a secret', true],
    ['db_password.txt', 'x', 'it looks like a secret', true],
    ['acme.json', '{}', 'it looks like a secret', true],
    ['config/prod.env', 'A=1', 'it looks like a secret', true],
    ['secrets/db.txt', 'x', 'it looks like a secret', true],
    ['notes.txt', '-----BEGIN PRIVATE KEY-----', 'it holds a private key', true],
    ['logo.png', '\u0000PNG', 'it is not text (UTF-8)', true],
    ['big.json', 'x'.repeat(1024 * 1024 + 1), 'it has more than 1 MB', true],
    ['app.sqlite3', 'x', 'the container may write to it', false],
    ['state.json', '', 'it is empty, as if the container writes to it', false],
  ])('is refused if it is %s', async (name, content, reason, readOnly) => {
    await write(name, content);
    expect(await reasonOf(mount(name, { readOnly }))).toBe(reason);
  });

  test('is refused if a link leads out of the checkout', async () => {
    await symlink('/etc/hostname', join(workspace, 'link'));
    expect(await reasonOf(mount('link'))).toBe('it is outside of the checkout');
  });

  test('is refused if it is a secret where a link leads, or where it is mounted', async () => {
    await write('.env', 'A=1');
    await symlink('.env', join(workspace, 'settings'));
    expect(await reasonOf(mount('settings'))).toBe('it looks like a secret');
    await write('plain', 'A=1');
    expect(await reasonOf(mount('plain', { target: '/run/secrets/plain' }))).toBe('it looks like a secret');
    expect(await reasonOf(mount('plain', { target: '/app/.env' }))).toBe('it looks like a secret');
  });

  test('is refused if it is not there', async () => {
    expect(await reasonOf(mount('none', { kind: 'missing' }))).toBe('nothing is there');
  });
});

describe('a folder that is mounted with :ro', () => {
  const folder = { kind: 'folder' } as const;

  test('is a read-only volume with its files, named after them, which hides what the image has there', async () => {
    await write('conf.d/site.conf', 'server { $host }\n');
    await write('conf.d/snippets/tls.conf', 'ssl on;\n');
    const { config } = await mount('conf.d', folder);
    const [key = '', spec] = Object.entries(config.volumes ?? {})[0] ?? [];
    expect(key).toMatch(/^files-[0-9a-f]{12}$/);
    expect(spec).toMatchObject({ name: `shop-production-${key}` });
    expect(config.services['web']).toEqual({
      volumes: [
        { type: 'volume', source: 'data', target: '/data' },
        { type: 'volume', source: key, target: '/target', read_only: true, volume: { nocopy: true } },
      ],
    });
    // Compose sees no variable in it.
    expect(JSON.stringify(spec)).toContain('$$host');
    expect(volumeFilesOf(spec)).toEqual([
      { path: 'site.conf', content: 'server { $host }\n', mode: '0444' },
      { path: 'snippets/tls.conf', content: 'ssl on;\n', mode: '0444' },
    ]);
    await write('conf.d/site.conf', 'server {}\n');
    expect(Object.keys((await mount('conf.d', folder)).config.volumes ?? {})).not.toEqual([key]);
  });

  test('is refused if the container can write to it, if it is large, empty, or if one file is refused', async () => {
    await write('src/a.txt', 'a');
    expect(await reasonOf(mount('src', { ...folder, readOnly: false }))).toMatch(/can write to it/);
    for (let count = 0; count < 200; count += 1) await write(`src/${count}.txt`, '');
    expect(await reasonOf(mount('src', folder))).toBe('it holds more than 200 files');
    for (const name of ['a', 'b']) await write(`large/${name}`, 'x'.repeat(600_000));
    expect(await reasonOf(mount('large', folder))).toBe('it holds more than 1 MB');
    await mkdir(join(workspace, 'empty'));
    expect(await reasonOf(mount('empty', folder))).toBe('it is empty');
    await write('tls/server.pem', 'x');
    expect(await reasonOf(mount('tls', folder))).toBe('server.pem looks like a secret');
    await write('conf/secrets/db.txt', 'x');
    expect(await reasonOf(mount('conf', folder))).toBe('secrets/db.txt looks like a secret');
    expect(await reasonOf(mount('conf/secrets', folder))).toBe('db.txt looks like a secret');
  });
});

test('two files whose configs would have one name have two', async () => {
  await write('a/b.conf', 'one');
  await write('a_b.conf', 'two');
  const first = await mount('a/b.conf');
  const both = await inlineMounts(
    first.config,
    [
      {
        ...{ service: 'api', written: './a_b.conf', source: join(workspace, 'a_b.conf') },
        ...{ target: '/b.conf', readOnly: true, kind: 'file' as const },
      },
    ],
    'shop-production',
    workspace,
  );
  expect(both.config.configs).toEqual({ 'a_b.conf': { content: 'one' }, 'a_b.conf_2': { content: 'two' } });
});
