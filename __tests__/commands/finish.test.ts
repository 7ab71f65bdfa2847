import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { finishKilledStep } from '../../src/commands/finish.ts';
import { TOKEN, useGateJob } from '../gate/job.ts';

useGateJob();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finish-'));
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
    process.env[name] = join(folder, name);
    await writeFile(join(folder, name), '');
  }
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

test('inputs that can not be read any more are an error for a person, also in the summary', async () => {
  const inputs = {
    ...{ environment: 'production', hosts: 'unix:///nowhere/docker.sock', 'github-token': TOKEN },
    ...{ image: 'shop:1', 'compose-file': 'removed-by-a-later-step.yaml' },
  };
  for (const [name, text] of Object.entries(inputs)) process.env[`INPUT_${name.toUpperCase()}`] = text;
  const printed: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
  await finishKilledStep([{ command: 'deploy', host: 'unix:///nowhere/docker.sock', containerId: '1' }]);
  expect(process.exitCode).toBe(1);
  expect(printed.join('')).toMatch(/::error .*removed-by-a-later-step\.yaml/);
  const summary = await readFile(join(folder, 'GITHUB_STEP_SUMMARY'), 'utf8');
  expect(summary).toContain('This step was cut short, and its post step can not read its inputs any more.');
});
