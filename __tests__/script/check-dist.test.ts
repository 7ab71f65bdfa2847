import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');

/** A repository with the sources of this one and a dist/ that was just built. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'repository-'));
  for (const name of ['package.json', 'tsconfig.json', 'src', 'script'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(isActionFile))
    cpSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
  execFileSync(join(folder, 'script/build'));
  git('init', '--quiet');
  git('add', '--all');
});
afterAll(() => rmSync(folder, { recursive: true }));

const isActionFile = (path: string): boolean => /^(?:\w+\/)?action\.yml$/.test(path);

const git = (...args: readonly string[]): string =>
  execFileSync('git', [...args], { cwd: folder, encoding: 'utf8' });

function checkDist(): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(join(folder, 'script/check-dist'), { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('script/check-dist accepts a dist/ that is what src/ makes and is in git', () => {
  expect(checkDist()).toEqual({ status: 0, output: 'dist/ matches src/.\n' });
});

test('script/check-dist refuses a dist/ with a file that src/ does not make', () => {
  const stray = join(folder, 'dist/stray.js');
  writeFileSync(stray, '');
  const result = checkDist();
  rmSync(stray);
  expect(result.output).toContain('dist: stray.js');
  expect(result.status).toBe(1);
});

test('script/check-dist refuses a dist/ with a file that is not in git, even if git ignores it', () => {
  writeFileSync(join(folder, '.git/info/exclude'), 'dist/post.js\n');
  git('rm', '--cached', '--quiet', 'dist/post.js');
  const result = checkDist();
  git('add', '--force', 'dist/post.js');
  expect(result.output).toContain('Add them: git add dist\ndist/post.js\n');
  expect(result.status).toBe(1);
});
