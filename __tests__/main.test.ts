import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { runAction } from '../src/main.ts';
import type { Command } from '../src/model/request.ts';
import { CHECK_RUN, TOKEN, useGateJob } from './gate/job.ts';
import { parseCommand } from './support/runner/workflow-commands.ts';
import { workspace } from './support/workspace.ts';

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

/** Runs an action with these inputs and collects what it prints for the runner. */
async function run(
  command: Command,
  inputs: Readonly<Record<string, string>>,
  atTerminal = false,
): Promise<string> {
  const all = { ...inputs, 'github-token': TOKEN };
  for (const [name, text] of Object.entries(all)) process.env[`INPUT_${name.toUpperCase()}`] = text;
  const printed: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
  await runAction(command, atTerminal);
  return printed.join('');
}

async function reportOutput(): Promise<unknown> {
  const outputs = await readFile(join(folder, 'GITHUB_OUTPUT'), 'utf8');
  return JSON.parse(/^report<<.*\n(\{.*\})\n/m.exec(outputs)?.[1] ?? '');
}

test('the evidence of a failure gives the runner no command, whoever wrote it', async () => {
  job.current.github.fail(/\/environments\//, { status: 403, message: 'no ##[set-output name=release]x' });
  const printed = await run('gate', { environment: 'production' });
  expect(process.exitCode).toBe(1);
  expect(printed).toContain('  │ GitHub: no # #[set-output name=release]x');
  const commands = printed.split(/\r\n|\r|\n/).map(parseCommand);
  expect(new Set(commands.flatMap((command) => command?.name ?? []))).toEqual(
    new Set(['add-mask', 'group', 'endgroup', 'error']),
  );
  expect(await reportOutput()).toMatchObject({ command: 'gate', result: 'failed' });
});

test('a run that is refused says what would have run the containers', async () => {
  job.current.github.fail(/\/environments\//, { status: 403, message: 'no' });
  await run('rollback', { environment: 'production', app: 'shop', orchestrator: 'kubernetes' });
  expect(await reportOutput()).toMatchObject({
    ...{ command: 'rollback', result: 'failed', orchestrator: 'kubernetes' },
    ...{ app: 'shop', environment: 'production' },
  });
});

test('a person builds no commit whose files were changed; for a job, what its steps have changed is built', async () => {
  const [before, checkout] = [process.cwd(), await workspace({ files: { Dockerfile: 'FROM scratch\n' } })];
  const asked: (string | undefined)[] = [];
  const registry = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(403).end();
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  await writeFile(join(checkout.path, 'Dockerfile'), 'FROM other\n');
  process.chdir(checkout.path);
  try {
    const inputs = { image: `127.0.0.1:${(registry.address() as AddressInfo).port}/shop` };
    const refused = await run('build', inputs, true);
    expect(refused).toMatch(
      /::error .*The checkout differs from commit .*: Dockerfile\. .* Nothing was pushed\./,
    );
    expect(asked).toEqual([]);
    await run('build', inputs);
    expect(asked).not.toEqual([]);
  } finally {
    process.chdir(before);
    registry.close();
    await checkout.remove();
  }
});

describe('a removal', () => {
  const inputs = {
    ...{ environment: 'production', confirm: 'production', hosts: 'unix:///nowhere/docker.sock' },
    'check-run-id': String(CHECK_RUN),
  };

  test('that nobody approved is refused before a host is asked', async () => {
    job.current.github.reviews.length = 0;
    const printed = await run('remove', inputs);
    expect(printed).toMatch(/::error .*::Nobody approved this run .* Nothing was removed\./);
    expect(printed).not.toContain('nowhere');
    expect(await reportOutput()).not.toHaveProperty('approval');
  });

  test('reports who approved it, whatever becomes of it', async () => {
    expect(await run('remove', inputs)).toContain('Approved by @hubot ("Ship it")');
    expect(await reportOutput()).toMatchObject({ result: 'failed', approval: { kind: 'approved' } });
  });

  test('needs no approval in a dry run', async () => {
    await run('remove', { ...inputs, 'dry-run': 'true' });
    expect(job.current.github.requests).toEqual([]);
  });
});
