import { writeFileSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { runCli } from '../../src/cli/cli.ts';
import { useRunnerEnvironment, workflowCommands } from '../inputs/runner.ts';

useRunnerEnvironment();
afterEach(() => {
  process.exitCode = undefined;
});

const TARGET = ['--app', 'shop', '--environment', 'production', '--hosts', 'unix:///run/none.sock'];

/** What the command prints, and its exit code. */
async function sealift(...args: readonly string[]): Promise<{ code: unknown; printed: string }> {
  await runCli(args, '/nowhere');
  return { code: process.exitCode, printed: workflowCommands().join('\n') };
}

test('an error speaks of the flag that is missing', async () => {
  expect(await sealift('remove', ...TARGET)).toEqual({
    code: 2,
    printed:
      'error: --confirm: missing. "production" is the name of a production environment. Set "--confirm production" to remove it with everything that runs in it. Nothing was removed.',
  });
});

test('several hosts in one flag are told to be given as several flags', async () => {
  expect(
    (await sealift('remove', ...TARGET.slice(0, 4), '--hosts', 'ssh://a, ssh://b', '--dry-run')).printed,
  ).toBe(
    'error: --hosts, line 1: the line contains a comma, but it must name one host. Write each host on its own line, or give each a flag --hosts. Nothing was removed.',
  );
});

test('an error speaks of the key of the settings file, or of the variable, that gives the value', async () => {
  writeFileSync('sealift.yaml', 'lock-timeout: 5\n');
  expect((await sealift('remove', ...TARGET, '--dry-run')).printed).toMatch(
    /^error: sealift\.yaml: lock-timeout: "5" is not a duration\./,
  );
  process.env['SEALIFT_LOCK_TIMEOUT'] = '6';
  expect((await sealift('remove', ...TARGET, '--dry-run')).printed).toMatch(
    /\nerror: SEALIFT_LOCK_TIMEOUT: "6" is not a duration\./,
  );
  expect((await sealift('remove', ...TARGET, '--dry-run', '--lock-timeout', '7')).printed).toMatch(
    /\nerror: --lock-timeout: "7" is not a duration\./,
  );
});

test('a rollback that nobody can approve is refused with one way out', async () => {
  expect(await sealift('rollback', ...TARGET)).toEqual({
    code: 2,
    printed:
      'Check the approval\nerror: --approval: this is not a job of GitHub Actions (GITHUB_RUN_ID is not set), so no environment can have held it. Set --approval off. Nothing was changed.',
  });
});

test('init tells a program as JSON why it failed; a person reads it on stderr', async () => {
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { code, printed } = await sealift('init', 'ssh://root@203.0.113.7', '--json');
  const error = expect.stringMatching(/^init: this folder is no checkout of a repository at GitHub\./);
  expect(JSON.parse(printed)).toEqual({ command: 'init', result: 'failed', error, details: [] });
  expect(code).toBe(2);
  expect(stderr.mock.calls.flat().join('')).toMatch(/^error: init: this folder is no checkout /);
});
