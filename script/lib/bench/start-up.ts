import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { median } from './figures.ts';

const DIST = resolve(import.meta.dirname, '../../../dist');
const RUNS = 15;

/** Milliseconds of short-lived processes. */
export interface StartUp {
  readonly what: string;
  readonly wall: readonly number[];
  /** User and system. */
  readonly cpu: readonly number[];
}

/** The `time` of bash reports the CPU time of a child. Node can't report it for a single child. */
const TIMED = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&1 || :; } 2>&1';

/**
 * Starts in turn an empty Node, the bundle until it refuses a missing input (everything is loaded, the inputs are read, the
 * report is written), and the post step. Taking turns gives all of them the same conditions.
 */
export async function measureStartUp(): Promise<readonly StartUp[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const files = ['OUTPUT', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(folder, name)]);
  const github = (await readdir(DIST)).find((name) => /^github-\w+\.js$/.test(name)) ?? '';
  const loading = (...names: readonly string[]): readonly string[] => [
    '--input-type=module',
    '--eval',
    names.map((name) => `await import(${JSON.stringify(join(DIST, name))});`).join(''),
  ];
  const subjects = [
    { what: 'node -e 0', args: ['-e', '0'] },
    { what: 'dist/deploy.js', args: [join(DIST, 'deploy.js')] },
    { what: 'dist/post.js', args: [join(DIST, 'post.js')] },
    { what: 'everything that `approval: off` loads', args: loading('sealift.js') },
    {
      what: "the same and the client of GitHub's API, for `approval: required`",
      args: loading('sealift.js', github),
    },
  ].map((subject) => ({ ...subject, wall: [] as number[], cpu: [] as number[] }));
  try {
    for (const [, file] of files) await writeFile(file ?? '', '');
    const env = {
      PATH: process.env['PATH'],
      RUNNER_TEMP: folder,
      TMPDIR: folder,
      ...Object.fromEntries(files),
    };
    for (let run = 0; run <= RUNS; run += 1) {
      for (const { args, wall, cpu } of subjects) {
        const argv = ['-c', TIMED, 'bench', process.execPath, ...args];
        const { stdout } = await promisify(execFile)('bash', argv, { env, cwd: folder });
        const [real = 0, user = 0, system = 0] = stdout.trim().split(' ').map(Number);
        // The first round only fills the file cache of the machine.
        if (run === 0) continue;
        wall.push(real * 1000);
        cpu.push((user + system) * 1000);
      }
    }
    return subjects.map(({ what, wall, cpu }) => ({ what, wall, cpu }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As a multiple of an empty Node. */
export function againstNode(all: readonly StartUp[], which: 'wall' | 'cpu', one: StartUp): number {
  return median(one[which]) / median(all[0]?.[which] ?? []);
}
