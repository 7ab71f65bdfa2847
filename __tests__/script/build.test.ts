import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** Packages that few runs need. */
const LATE = ['@actions/github', '@actions/http-client', '@actions/tool-cache', '@octokit/core', 'undici'];

const BUILD = resolve(import.meta.dirname, '../../script/build');

let dist: string;
const files = new Map<string, string>();

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'dist-'));
  await promisify(execFile)(BUILD, [dist]);
  for (const name of await readdir(dist)) files.set(name, await readFile(join(dist, name), 'utf8'));
});
afterAll(() => rm(dist, { recursive: true }));

/** The files that Node loads when it starts one: it and what it imports, not what it imports later. */
function loadedAtStart(name: string): readonly string[] {
  const code = files.get(name) ?? '';
  const imported = [...code.matchAll(/^(?:import|\}) .*?["']\.\/(?<file>[\w-]+\.js)["'];$/gm)];
  return [name, ...imported.flatMap(({ groups }) => loadedAtStart(groups?.['file'] ?? ''))];
}

/** The npm packages that files contain. */
function packagesIn(names: readonly string[]): ReadonlySet<string> {
  const paths = names.flatMap((name) => [
    ...(files.get(name) ?? '').matchAll(/^ *\/\/ node_modules\/(.*)$/gm),
  ]);
  return new Set(paths.map(([, path = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? ''));
}

test('every command loads one bundle, and of packages only what every command needs', () => {
  for (const name of ['main.js', 'build.js', 'deploy.js', 'rollback.js', 'status.js', 'gate.js']) {
    const loaded = loadedAtStart(name);
    expect(loaded).toContain('sealift.js');
    const needed = packagesIn(loaded);
    expect(needed).toContain('@actions/core');
    for (const late of LATE) expect(needed).not.toContain(late);
  }
});

test('modules of Node are required, since to import one loads all that it offers', () => {
  for (const name of loadedAtStart('deploy.js')) {
    const imported = [
      ...(files.get(name) ?? '').matchAll(/^(?:import|\}) .*?["'](?<module>[\w:/]+)["'];$/gm),
    ];
    const modules = new Set(imported.map(({ groups }) => groups?.['module'] ?? ''));
    modules.delete('node:module');
    expect([...modules]).toEqual([]);
  }
});

test('what few need is in chunks of their own', () => {
  const all = packagesIn([...files.keys()]);
  for (const late of LATE) expect(all).toContain(late);
});

test('GitHub is asked by a chunk that nobody loads with approval: off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'without-github-'));
  await cp(dist, folder, { recursive: true });
  const [chunk = ''] = [...files.keys()].filter((name) => /^github-/.test(name));
  await rm(join(folder, chunk));
  const gate = (approval: string) =>
    promisify(execFile)(process.execPath, [join(folder, 'gate.js')], {
      env: {
        PATH: process.env['PATH'],
        GITHUB_REPOSITORY: 'octo/shop',
        INPUT_ENVIRONMENT: 'production',
        'INPUT_GITHUB-TOKEN': 'ghs_token',
        INPUT_APPROVAL: approval,
      },
    });
  expect((await gate('off')).stdout).toContain('Nobody was asked: approval is off');
  await expect(gate('required')).rejects.toMatchObject({ stdout: expect.stringContaining(chunk) });
  await rm(folder, { recursive: true });
});

test('the post step, which runs in every job, loads one file', () => {
  expect(loadedAtStart('post.js')).toEqual(['post.js']);
});

/** What a runner's Node has and one that the command line runs on may lack. */
const NEWER_THAN_NODE_20 =
  /\b(?:(?:Async)?DisposableStack|Iterator\.(?:from|concat)|Promise\.(?:try|withResolvers)|(?:Map|Object)\.groupBy|RegExp\.escape|Array\.fromAsync|Error\.isError|Math\.sumPrecise|Uint8Array\.from(?:Base64|Hex))\b/g;

test('the command line brings what an older Node lacks', () => {
  const scripts = [...files].flatMap(([name, code]) => (name.endsWith('.js') ? [code] : []));
  const used = new Set(scripts.join('\n').match(NEWER_THAN_NODE_20));
  expect(used).toContain('Map.groupBy');
  for (const each of used) expect(files.get('cli.js')).toContain(`${each} ??= `);
});

test('the bundle of the actions speaks of flags where the command line runs it', async () => {
  const args = ['remove', '--app', 'shop', '--environment', 'production', '--hosts', 'unix:///run/none.sock'];
  await expect(
    promisify(execFile)(process.execPath, [join(dist, 'cli.js'), ...args], { cwd: tmpdir() }),
  ).rejects.toMatchObject({
    code: 2,
    stdout: expect.stringContaining('error: --confirm: missing.'),
  });
});

test('the licenses name the packages of the chunks too', () => {
  for (const name of packagesIn([...files.keys()])) expect(files.get('licenses.txt')).toMatch(`${name} `);
});
