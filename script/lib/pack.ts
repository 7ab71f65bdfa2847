/**
 * Packs the command line for npm. dist/ has everything that it runs, so the package has no dependencies: what package.json of this
 * repository names is for building and testing, and some of it is large (Node itself). So the package gets a package.json of its own.
 * Needs nothing but Node and npm.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const USAGE = 'Usage: script/pack N.N.N [folder]';
const REPOSITORY = 'https://github.com/sealift/sealift';

/** The package.json of the package. */
function manifestOf(version: string): object {
  const { name, description, license, type, engines, bin, files } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  return {
    ...{ name, version, description, license, type, engines, bin, files },
    repository: { type: 'git', url: `git+${REPOSITORY}.git` },
    homepage: `${REPOSITORY}#readme`,
    bugs: `${REPOSITORY}/issues`,
  };
}

function main(version: string | undefined, folder = '.'): void {
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error(USAGE);
  const staging = mkdtempSync(join(tmpdir(), 'sealift-pack-'));
  try {
    const copied = ['dist', 'action.yml', ...globSync('*/action.yml', { cwd: ROOT }), 'README.md', 'LICENSE'];
    for (const path of copied) cpSync(join(ROOT, path), join(staging, path), { recursive: true });
    writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifestOf(version), undefined, 2)}\n`);
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', resolve(folder)];
    process.stdout.write(execFileSync('npm', args, { cwd: staging, encoding: 'utf8' }));
  } finally {
    rmSync(staging, { recursive: true });
  }
}

try {
  main(process.argv[2], process.argv[3]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
