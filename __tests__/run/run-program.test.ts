import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { CommandError, ConfigurationError } from '../../src/model/errors.ts';
import { createProgramRunner, runProgram } from '../../src/run/run-program.ts';
import { failure } from '../engine/tools.ts';

const sh = (script: string, ...args: string[]) => ['-c', script, 'sh', ...args];

describe('run', () => {
  test('answers with what was said and the exit code', async () => {
    const result = await runProgram('sh', sh('cat; echo oops >&2; exit 3'), {
      stdin: 'grüße',
      allowedExitCodes: [3],
    });
    expect(result).toEqual({ exitCode: 3, stdout: 'grüße', stderr: 'oops\n' });
  });

  test('hands on lines as they come and does not keep them', async () => {
    const lines: string[] = [];
    const script =
      'printf "one\\r\\ntw"; echo error >&2; sleep 0.1; printf "o\\n\\303"; sleep 0.1; printf "\\274 last"';
    const result = await runProgram('sh', sh(script), {
      onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    });
    expect(lines.filter((line) => line.startsWith('stdout'))).toEqual([
      'stdout: one',
      'stdout: two',
      'stdout: ü last',
    ]);
    expect(lines).toContain('stderr: error');
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('gives a line at once, not when the program has ended', async () => {
    let seen = 0;
    const start = performance.now();
    await runProgram('sh', sh('echo now; sleep 0.5'), { onLine: () => (seen = performance.now() - start) });
    expect(performance.now() - start - seen).toBeGreaterThan(300);
  });

  test('a failure carries the command, the exit code and the last lines of stderr, streamed or not', async () => {
    for (const options of [{}, { onLine: () => undefined }]) {
      const error = await failure(
        runProgram('sh', sh('echo first >&2; echo the cause >&2; exit 7'), options),
      );
      expect(error).toBeInstanceOf(CommandError);
      expect(error).toMatchObject({
        exitCode: 7,
        stderr: expect.stringContaining('the cause'),
        evidence: ['first', 'the cause'],
      });
      expect(error.message).toMatch(/^sh -c .* ended with exit code 7: the cause$/);
    }
  });

  test('stderr alone is no failure', async () => {
    await expect(runProgram('sh', sh('echo fine >&2'))).resolves.toMatchObject({
      exitCode: 0,
      stderr: 'fine\n',
    });
  });

  test('a program ended by a signal is a failure', async () => {
    expect((await failure(runProgram('sh', sh('kill -9 $$')))).message).toMatch(/was ended by a signal/);
  });

  test('arguments are never read by a shell', async () => {
    const { stdout } = await runProgram('printf', ['%s|', '$(echo no)', '`no`', 'a b', "'", '*']);
    expect(stdout).toBe("$(echo no)|`no`|a b|'|*|");
  });

  test('a missing program or folder is told in words', async () => {
    const missing = await failure(runProgram('no-such-program', []));
    expect(missing).toBeInstanceOf(ConfigurationError);
    expect(missing.message).toMatch(/^no-such-program was not found on this runner/);
    expect((await failure(runProgram('true', [], { cwd: '/no/such/folder' }))).message).toMatch(
      /the folder \/no\/such\/folder does not exist/,
    );
  });

  test('a program that does not read its stdin does no harm', async () => {
    await expect(runProgram('true', [], { stdin: 'x'.repeat(1_000_000) })).resolves.toMatchObject({
      exitCode: 0,
    });
  });

  describe('when it is aborted', () => {
    test('asks the program to end and throws the reason', async () => {
      const lines: string[] = [];
      const abort = new AbortController();
      const running = runProgram(
        'sh',
        sh('trap "echo ended; exit 0" TERM; echo up; while :; do sleep 0.05; done'),
        {
          signal: abort.signal,
          onLine: (line) => {
            lines.push(line);
            if (line === 'up') abort.abort(new Error('the reason'));
          },
        },
      );
      expect((await failure(running)).message).toBe('the reason');
    });

    test('does not wait for what the program has left behind', async () => {
      const abort = new AbortController();
      const running = runProgram('sh', sh('sleep 30 & wait'), { signal: abort.signal });
      await delay(200);
      const start = performance.now();
      abort.abort();
      await failure(running);
      expect(performance.now() - start).toBeLessThan(2_000);
    });

    test('kills the program that does not end itself', async () => {
      const abort = new AbortController();
      const running = runProgram('sh', sh('trap "" TERM; echo up; while :; do sleep 0.1; done'), {
        signal: abort.signal,
        onLine: () => abort.abort(new Error('the reason')),
      });
      const start = performance.now();
      expect((await failure(running)).message).toBe('the reason');
      expect(performance.now() - start).toBeGreaterThan(4_500);
    }, 10_000);

    test('starts nothing when it was aborted before', async () => {
      expect(
        (await failure(runProgram('sleep', ['30'], { signal: AbortSignal.abort(new Error('before')) })))
          .message,
      ).toBe('before');
    });
  });

  test('a given environment is the whole one', async () => {
    const { stdout } = await runProgram('/usr/bin/env', [], { env: { ONLY: 'this' } });
    expect(stdout).toBe('ONLY=this\n');
  });
});

test('the exact command is in the debug log', async () => {
  const lines: string[] = [];
  const silent = () => undefined;
  await createProgramRunner({
    info: silent,
    notice: silent,
    warning: silent,
    debug: (line) => void lines.push(line),
  })('true', ['a', 'b c']);
  expect(lines).toEqual(['$ true a b c']);
});
