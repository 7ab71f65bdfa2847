import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const SCRIPT = resolve(import.meta.dirname, '../../script/lib/count-results.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'results-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Passed, failed, test files that could not be loaded, the overall result of Jest. */
type Result = readonly [passed: number, failed: number, broken: number, success: boolean];

function count(elsewhere: number, results: readonly (Result | undefined)[]) {
  const files = results.map((result, index) => {
    const file = join(folder, `${index}.json`);
    if (result === undefined) return file;
    const [numPassedTests, numFailedTests, numRuntimeErrorTestSuites, success] = result;
    const json = { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, success };
    writeFileSync(file, JSON.stringify(json));
    return file;
  });
  const args = [SCRIPT, String(elsewhere), ...files];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { line: stdout.trimEnd(), status };
}

const good: Result = [3, 0, 0, true];

test('count-results adds up the passed tests', () => {
  expect(count(0, [good, [4, 0, 0, true]])).toEqual({ line: '7 passed, 0 failed', status: 0 });
});

test.each<[string, number, (Result | undefined)[]]>([
  ['a failed test', 0, [[3, 1, 0, false]]],
  ['a test file that does not load', 0, [[3, 0, 1, false]]],
  ['a failed run without a failed test', 0, [[3, 0, 0, false]]],
  ['a run of Jest without results', 0, [good, undefined]],
  ['a failed check outside of Jest', 1, [good]],
])('count-results counts %s as a failure', (_, elsewhere, results) => {
  expect(count(elsewhere, results)).toEqual({ line: '3 passed, 1 failed', status: 1 });
});
