import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { runAction } from '../src/main.ts';
import { TOKEN, useGateJob } from './gate/job.ts';
import { parseCommand } from './support/runner/workflow-commands.ts';

const job = useGateJob();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'main-'));
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE']) {
    process.env[name] = join(folder, name);
    await writeFile(join(folder, name), '');
  }
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

test('the evidence of a failure gives the runner no command, whoever wrote it', async () => {
  job.current.github.fail(/\/environments\//, { status: 403, message: 'no ##[set-output name=release]x' });
  Object.assign(process.env, { INPUT_ENVIRONMENT: 'production', 'INPUT_GITHUB-TOKEN': TOKEN });
  const printed: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
  await runAction('gate');
  expect(process.exitCode).toBe(1);
  expect(printed.join('')).toContain('  │ GitHub: no # #[set-output name=release]x');
  const commands = printed
    .join('')
    .split(/\r\n|\r|\n/)
    .map(parseCommand);
  expect(new Set(commands.flatMap((command) => command?.name ?? []))).toEqual(
    new Set(['add-mask', 'group', 'endgroup', 'error']),
  );
  expect(await readFile(join(folder, 'GITHUB_OUTPUT'), 'utf8')).toContain('report<<');
});
