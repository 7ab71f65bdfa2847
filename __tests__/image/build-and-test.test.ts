import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildAndTest } from '../../src/image/build-and-test.ts';
import { planBuild } from '../../src/image/build-plan.ts';
import { PhaseTimer } from '../../src/image/phase-timer.ts';
import { asObject, type JsonObject } from '../../src/model/json.ts';
import type { RunProgram } from '../../src/model/step-context.ts';
import { COMMIT, OPTIONS, remember } from './support/build.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-and-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The targets of each run of bake, for a tested image that has these options below `build:`. */
async function bakeRuns(options: JsonObject): Promise<readonly JsonObject[]> {
  const runs: JsonObject[] = [];
  const run: RunProgram = async (_, args) => {
    const result = { stdout: 'linux/amd64', stderr: '', exitCode: 0 };
    if (args[1] !== 'bake') return result;
    const { target } = asObject(JSON.parse(await readFile(String(args[args.indexOf('--file') + 1]), 'utf8')));
    runs.push(asObject(asObject(target)['web']));
    await writeFile(
      String(args[args.indexOf('--metadata-file') + 1]),
      JSON.stringify({ web: { 'containerimage.digest': DIGEST } }),
    );
    return result;
  };
  const image = {
    service: 'web',
    repository: 'me/shop',
    otherRepositories: [],
    localName: undefined,
    imageKeys: ['web'],
    build: { context: '/w', platforms: ['linux/amd64', 'linux/arm64'], ...options },
    platform: undefined,
    secrets: {},
  };
  const task = {
    targets: [image],
    options: { ...OPTIONS, tests: new Map([['web', ['true']]]) },
    commit: COMMIT,
    contents: new Map<string, string>(),
  };
  await buildAndTest(planBuild(task, '/w'), new PhaseTimer(), {
    ...{ run, log: remember(), folder },
    environment: {},
    workspace: folder,
    retryPolicy: { attempts: 1, firstWait: 0, longestWait: 0 },
    signal: undefined,
  });
  return runs;
}

test.each([[{ no_cache: true }], [{ no_cache_filter: ['assets'] }]])(
  'with %j the other platforms are rebuilt too, because the push takes them from the cache',
  async (options) => {
    const [tested, ...others] = await bakeRuns(options);
    expect(tested).toMatchObject({ platforms: ['linux/amd64'], output: ['type=docker'] });
    expect(others).toEqual([
      expect.objectContaining({
        platforms: ['linux/arm64'],
        output: ['type=cacheonly'],
        ...('no_cache' in options ? { 'no-cache': true } : { 'no-cache-filter': ['assets'] }),
      }),
    ]);
  },
);

test('without such an option the other platforms are built only by the push', async () => {
  expect(await bakeRuns({})).toHaveLength(1);
});
