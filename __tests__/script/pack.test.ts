import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installedNodes } from '../support/nodes.ts';
import { find, read } from '../support/repository.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const exec = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'));
  const { stdout } = await exec(join(ROOT, 'script/pack'), ['1.2.3', folder]);
  expect(stdout).toBe('sealift-1.2.3.tgz\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const packed = (): readonly string[] =>
  execFileSync('tar', ['--list', '--file', join(folder, 'sealift-1.2.3.tgz')], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));

test('the package has dist, each action.yml, the licenses and nothing else', () => {
  const wanted = [
    ...find('dist/*'),
    'action.yml',
    ...find('*/action.yml'),
    'LICENSE',
    'README.md',
    'package.json',
  ];
  expect(new Set(packed())).toEqual(new Set(wanted));
  expect(packed()).toContain('dist/licenses.txt');
});

test('its package.json installs nothing and runs nothing', () => {
  const manifest = JSON.parse(
    execFileSync(
      'tar',
      ['--extract', '--to-stdout', '--file', join(folder, 'sealift-1.2.3.tgz'), 'package/package.json'],
      {
        encoding: 'utf8',
      },
    ),
  );
  expect(new Set(Object.keys(manifest))).toEqual(
    new Set([
      ...['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'files'],
      ...['repository', 'homepage', 'bugs'],
    ]),
  );
  expect(manifest).toMatchObject({ name: 'sealift', version: '1.2.3', bin: { sealift: 'dist/cli.js' } });
});

test.each([[[]], [['v1.2.3']], [['1.2']]])('script/pack says how it is used for %j', async (args) => {
  await expect(exec(join(ROOT, 'script/pack'), args)).rejects.toMatchObject({
    code: 1,
    stderr: 'Usage: script/pack N.N.N [folder]\n',
  });
});

describe('installed in an empty folder, without a network', () => {
  let installed: string;
  beforeAll(async () => {
    installed = mkdtempSync(join(tmpdir(), 'installed-'));
    const args = ['install', '--offline', '--no-audit', '--no-fund', join(folder, 'sealift-1.2.3.tgz')];
    await exec('npm', args, { cwd: installed });
  });
  afterAll(() => rmSync(installed, { recursive: true }));

  test('it brings no other package', () => {
    const lock = JSON.parse(readFileSync(join(installed, 'package-lock.json'), 'utf8'));
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/sealift']);
  });

  test.each([...installedNodes()])('the command works with Node %s', async (_, node) => {
    const sealift = (...args: readonly string[]) =>
      exec(node, [join(installed, 'node_modules/.bin/sealift'), ...args], { cwd: installed });
    expect((await sealift('--version')).stdout).toBe('sealift 1.2.3\n');
    expect((await sealift('--help')).stdout).toContain('sealift COMMAND');
    expect((await sealift('status', '--help')).stdout).toContain('--environment');
    const args = ['--app', 'shop', '--environment', 'staging', '--hosts', 'unix:///nowhere/docker.sock'];
    const reason = expect.stringContaining('there is no socket /nowhere/docker.sock');
    const failed = await sealift('status', ...args).catch((error: unknown) => error);
    // Into a pipe go no colours.
    expect(failed).toMatchObject({ code: 1, stdout: reason });
    expect(failed).toMatchObject({ stdout: expect.not.stringContaining('\u001b') });
    const asJson = await sealift('status', ...args, '--json').catch(({ code, stdout, stderr }) => ({
      ...{ code, stderr, report: JSON.parse(stdout) },
    }));
    const report = { command: 'status', error: reason };
    expect(asJson).toMatchObject({ code: 1, stderr: reason, report });
  });

  test.each([
    [['statsu'], 'there is no such command'],
    [['status', '--app', 'shop'], 'environment: missing'],
    [['status', '--from', 'nowhere.yml'], '--from: "nowhere.yml" can\'t be read'],
  ])('with %j it is told what to change: exit code 2', async (args, message) => {
    const bin = join(installed, 'node_modules/.bin/sealift');
    const failed = await exec(process.execPath, [bin, ...args], { cwd: installed }).catch(
      ({ code, stdout, stderr }) => ({ code, said: `${stdout}${stderr}` }),
    );
    expect(failed).toEqual({ code: 2, said: expect.stringContaining(message) });
  });
});

test('package.json of the repository is never published by mistake', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ private: true, engines: { node: '>=20' } });
});
