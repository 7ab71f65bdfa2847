/** The agent of a login, with OpenSSH's own programs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startSshAgent } from '../../src/engine/ssh-agent.ts';
import type { SshAccess } from '../../src/model/access.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { runProgram } from '../support/run-program.ts';
import { failure, makeStepContext, type TestStepContext } from './step-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'agent-'));
let key = '';
let fingerprint = '';

beforeAll(() => {
  const file = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
  key = readFileSync(file, 'utf8');
  fingerprint = String(execFileSync('ssh-keygen', ['-l', '-f', file])).split(' ')[1] ?? '';
});
afterAll(() => rmSync(folder, { recursive: true }));

let step: TestStepContext;
let access: SshAccess;
beforeEach(async () => {
  step = await makeStepContext();
  access = { privateKey: key, passphrase: undefined, knownHosts: undefined, config: '' };
});
afterEach(async () => {
  const left = (await readdir(step.folder)).filter((name) => name.startsWith('h'));
  await step.remove();
  expect(left).toEqual([]);
});

/** Asks the agent as ssh does. */
const ask = async (place = step.folder): Promise<string> => {
  const env = { PATH: process.env['PATH'] ?? '', SSH_AUTH_SOCK: join(place, 'agent') };
  const { stdout, stderr } = await runProgram('ssh-add', ['-l'], { env, allowedExitCodes: [1, 2] });
  return stdout + stderr;
};

test('who asks before the agent has the keys gets the answer when it has them', async () => {
  let add = (): void => undefined;
  const added = new Promise<void>((resolve) => {
    add = resolve;
  });
  const run: typeof step.run = async (program, args, options) => {
    if (args.includes('-t')) await added;
    return step.run(program, args, options);
  };
  const agent = await startSshAgent(step.folder, access, [key], { ...step, run });
  let answer: string | undefined;
  const asked = ask().then((text) => {
    answer = text;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(answer).toBeUndefined();
  add();
  await agent.ready;
  await asked;
  expect(answer).toContain(fingerprint);
  expect(await agent.fingerprints()).toEqual([expect.stringContaining(fingerprint)]);
  await agent.end();
});

test('of a key that OpenSSH can not read there is an error, and nobody waits for the agent', async () => {
  const agent = await startSshAgent(step.folder, access, [key.replace(/\n.{20}/, '\n')], step);
  const asked = ask();
  const error = await failure(agent.ready);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toMatch(/^ssh-key: OpenSSH can't read this key/);
  expect(await asked).not.toContain(fingerprint);
  expect(await failure(agent.fingerprints())).toBe(error);
  await agent.end();
});

test('that has ended answers nobody', async () => {
  const agent = await startSshAgent(step.folder, access, [key], step);
  await agent.ready;
  await agent.end();
  expect(await ask()).not.toContain(fingerprint);
});

test('the hosts of a fleet share one, which ends with the last of them', async () => {
  let added = 0;
  const run: typeof step.run = (program, args, options) => {
    if (program === 'ssh-add' && args.includes('-t')) added += 1;
    return step.run(program, args, options);
  };
  const places = ['one', 'two'].map((name) => join(step.folder, name));
  for (const place of places) mkdirSync(place);
  const [first, second] = await Promise.all(
    places.map((place) => startSshAgent(place, access, [key], { ...step, run })),
  );
  await Promise.all([first?.ready, second?.ready]);
  expect(added).toBe(1);
  await first?.end();
  await first?.end();
  expect(await ask(places[0])).not.toContain(fingerprint);
  expect(await ask(places[1])).toContain(fingerprint);
  await second?.end();
  expect(await ask(places[1])).not.toContain(fingerprint);
});
