import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { runCli } from '../../src/cli/cli.ts';
import { removeStepFolder } from '../../src/run/step-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const before = { ...process.env };

beforeEach(() => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
  process.exitCode = undefined;
});

/** The folder of a run that does nothing, in a process of its own, and how that is killed. */
async function startRun() {
  const code = `const { createStepFolder } = await import('${ROOT}/src/run/step-folder.ts');
    console.log(await createStepFolder());
    setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', code], { env: process.env });
  const [line] = await once(run.stdout, 'data');
  const kill = async (): Promise<void> => {
    run.kill('SIGKILL');
    await once(run, 'exit');
  };
  return { folder: String(line).trim(), kill };
}

test.each([
  ['status', ['status']],
  ['init', ['init', '--help']],
])('%s begins with the removal of what a run left that was killed', async (_, args) => {
  const [killed, living] = [await startRun(), await startRun()];
  try {
    await killed.kill();
    expect([killed, living].map((run) => existsSync(run.folder))).toEqual([true, true]);
    await runCli(args, ROOT);
    expect([killed, living].map((run) => existsSync(run.folder))).toEqual([false, true]);
  } finally {
    await living.kill();
    await removeStepFolder(living.folder);
  }
});
