import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { read } from '../support/repository.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CHANGELOG = `# Changelog

## [Unreleased]

- Later.

## [1.10.0] - 2026-01-02

### Added

- Something new.

## [1.9.0]

## [1.2.0] - 2026-01-01

- The beginning.
`;

/** A repository with the scripts of this one, some releases and a `gh` that notes what it is asked to do. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  mkdirSync(join(folder, 'bin'));
  cpSync(join(ROOT, 'script'), join(folder, 'script'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  writeFileSync(join(folder, 'CHANGELOG.md'), CHANGELOG);
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'CHANGELOG.md', 'script', 'package.json');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message=a');
  for (const tag of ['v1.2.0', 'v1.9.0', 'v1.10.0', 'v1', 'v2.0.0-rc.1', 'v0.11.0']) git('tag', tag);
});
afterEach(() => rmSync(folder, { recursive: true }));

const git = (...args: readonly string[]): string =>
  execFileSync('git', [...args], { cwd: folder, encoding: 'utf8' }).trim();

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the repository, as a step of a release of this tag does. */
function run(tag: string, program: string, args: readonly string[], gh = 'exit 0'): Ended {
  const noted = `#!/bin/sh\nprintf '%s\\n' "$*" >>"$RUNNER_TEMP/gh.log"\n${gh}\n`;
  writeFileSync(join(folder, 'bin/gh'), noted, { mode: 0o755 });
  const env = {
    ...process.env,
    PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
    RUNNER_TEMP: folder,
    GITHUB_REF_NAME: tag,
    GITHUB_REPOSITORY: 'sealift/sealift',
  };
  const { status, stdout, stderr } = spawnSync(program, [...args], { cwd: folder, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const release = (...args: readonly string[]): Ended => run('', join(folder, 'script/release'), args);

describe('script/release', () => {
  test('prints what the changelog says of a release, and nothing of the others', () => {
    expect(release('notes', 'v1.10.0').stdout).toBe('### Added\n\n- Something new.\n');
    expect(release('notes', 'v1.2.0').stdout).toBe('- The beginning.\n');
  });

  test.each(['v1.9.0', 'v1.1.0'])('refuses the release %s, of which the changelog says nothing', (tag) => {
    const { status, stdout, stderr } = release('notes', tag);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `CHANGELOG.md says nothing of ${tag}. Move what is under "Unreleased" to "## [${tag.slice(1)}] - <date>", commit it, and tag that commit.\n`,
    );
  });

  test.each([
    ['v1.10.0', 'v1\n'],
    ['v1.9.0', ''],
    ['v2.0.0', 'v2\n'],
    ['v0.11.0', 'v0\n'],
    ['v1.10.1', 'v1\n'],
  ])('moves with %s the tag %j, which is never moved back', (tag, moved) => {
    expect(release('major', tag)).toEqual({ status: 0, stdout: moved, stderr: '' });
  });

  test.each([
    ['major', 'v1'],
    ['major', '1.2.3'],
    ['major', 'v1.02.3'],
    ['major', 'v2.0.0-rc.1'],
    ['publish', 'v1.2.3'],
    [],
  ])('says how it is used for %s %s', (...args: readonly string[]) => {
    const { status, stderr } = release(...args);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'Usage: script/release notes|major vN.N.N\n',
    });
  });
});

describe('.github/workflows/release.yml', () => {
  interface Step {
    readonly name?: string;
    readonly run?: string;
  }
  const { jobs }: { readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>> } = parse(
    read('.github/workflows/release.yml'),
  );

  /** Runs the script of a step as the runner does. */
  function step(name: string, tag: string, gh?: string): Ended {
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const script = steps.find((each) => each.name === name)?.run;
    if (script === undefined) throw new Error(`The workflow has no step ${name} with a script.`);
    const file = join(folder, 'step.sh');
    writeFileSync(file, script);
    return run(tag, 'bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], gh);
  }

  const askedOf = (): readonly string[] => readFileSync(join(folder, 'gh.log'), 'utf8').trimEnd().split('\n');

  test('publishes the archive of the commit with the notes of the changelog', () => {
    expect(step('Archive', 'v1.10.0').status).toBe(0);
    const archive = join(folder, 'sealift-v1.10.0.tar.gz');
    const packed = execFileSync('tar', ['--list', '--file', archive], { encoding: 'utf8' }).split('\n');
    expect(packed).toContain('sealift-v1.10.0/CHANGELOG.md');
    expect(step('Publish the release', 'v1.10.0').status).toBe(0);
    const notes = join(folder, 'notes.md');
    expect(askedOf()).toEqual([
      `release create v1.10.0 sealift-v1.10.0.tar.gz --verify-tag --title v1.10.0 --notes-file ${notes}`,
    ]);
    expect(readFileSync(notes, 'utf8')).toBe('### Added\n\n- Something new.\n');
  });

  test('publishes nothing of which the changelog says nothing', () => {
    expect(step('The changelog has the release', 'v1.9.0').status).toBe(1);
    expect(step('Publish the release', 'v1.9.0').status).toBe(1);
    expect(askedOf).toThrow('ENOENT');
  });

  test('moves the tag of the major version, or makes it', () => {
    const commit = git('rev-parse', 'HEAD');
    const move = `api --method PATCH repos/sealift/sealift/git/refs/tags/v1 --field force=true --raw-field sha=${commit}`;
    expect(step('Move the tag of the major version', 'v1.10.0').status).toBe(0);
    expect(askedOf()).toEqual([move]);
    expect(
      step('Move the tag of the major version', 'v1.10.0', 'case $3 in PATCH) exit 1;; esac').status,
    ).toBe(0);
    expect(askedOf().slice(1)).toEqual([
      move,
      `api --method POST repos/sealift/sealift/git/refs --raw-field ref=refs/tags/v1 --raw-field sha=${commit}`,
    ]);
  });

  test('fails if the tag of the major version can not be moved, and leaves it to a later release', () => {
    expect(step('Move the tag of the major version', 'v1.10.0', 'exit 1').status).toBe(1);
    rmSync(join(folder, 'gh.log'));
    expect(step('Move the tag of the major version', 'v1.9.0').status).toBe(0);
    expect(askedOf).toThrow('ENOENT');
  });

  test('refuses a commit that is not on main', () => {
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    expect(step('The commit is on main', 'v1.10.0').status).toBe(0);
    git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '--message=b');
    expect(step('The commit is on main', 'v1.10.0').status).toBe(1);
  });
});
