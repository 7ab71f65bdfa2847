import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CommandError, ConfigurationError } from '../../src/model/errors.ts';
import { runShortProgram } from '../../src/run/short-program.ts';
import { failure } from '../engine/step-context.ts';

const sh = (script: string): readonly string[] => ['-c', script];

describe('runShortProgram', () => {
  beforeEach(() => {
    process.env['INPUT_SSH-KEY'] = 'key';
  });
  afterEach(() => {
    delete process.env['INPUT_SSH-KEY'];
    jest.restoreAllMocks();
  });

  test('returns all of the output, also a last line without a line break', async () => {
    expect(await runShortProgram('sh', sh('printf "one\\ntwo"; printf oops >&2'))).toEqual({
      exitCode: 0,
      stdout: 'one\ntwo',
      stderr: 'oops',
    });
  });

  test('throws an error with the command, the exit code and stderr', async () => {
    const error = await failure(runShortProgram('sh', sh('echo the cause >&2; exit 7')));
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: 7, stderr: 'the cause\n', evidence: ['the cause'] });
    expect(error.message).toMatch(/^sh -c .* ended with exit code 7: the cause$/);
  });

  test('throws if a signal ended the program', async () => {
    expect((await failure(runShortProgram('sh', sh('kill -9 $$')))).message).toMatch(/was ended by a signal/);
  });

  test('passes arguments without a shell', async () => {
    const { stdout } = await runShortProgram('printf', ['%s|', '$(echo no)', '`no`', 'a b', "'", '"*"']);
    expect(stdout).toBe('$(echo no)|`no`|a b|\'|"*"|');
  });

  test('gives a program the environment without inputs, or only the one that it gets', async () => {
    const printKey = sh('printf "%s" "$(env | grep ^INPUT_)"');
    expect((await runShortProgram('sh', printKey)).stdout).toBe('');
    expect((await runShortProgram('/usr/bin/env', [], { ONLY: 'this' })).stdout).toBe('ONLY=this\n');
  });

  test('explains a program that is not installed', async () => {
    const error = await failure(runShortProgram('no-such-program', []));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(
      'no-such-program was not found on this runner. Install it in an earlier step.',
    );
  });

  test('prints nothing by itself, since the log is for people', async () => {
    const write = jest.spyOn(process.stdout, 'write');
    await runShortProgram('sh', sh('echo out; echo err >&2'));
    expect(write).not.toHaveBeenCalled();
  });
});
