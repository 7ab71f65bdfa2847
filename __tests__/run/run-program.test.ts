import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CommandError, ConfigurationError } from '../../src/model/errors.ts';
import { createProgramRunner } from '../../src/run/run-program.ts';
import { failure } from '../engine/step-context.ts';
import { runProgram } from '../support/run-program.ts';

const sh = (script: string, ...args: string[]) => ['-c', script, 'sh', ...args];

describe('runProgram', () => {
  test('returns the output and the exit code', async () => {
    const result = await runProgram('sh', sh('cat; echo oops >&2; exit 3'), {
      stdin: 'grüße',
      allowedExitCodes: [3],
    });
    expect(result).toEqual({ exitCode: 3, stdout: 'grüße', stderr: 'oops\n' });
  });

  test('passes lines to onLine and does not keep them', async () => {
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

  test('passes a line on at once, not at the end of the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'run-'));
    // The program ends only when its line has arrived.
    await runProgram('sh', sh('echo now; until [ -e "$1/seen" ]; do sleep 0.05; done', folder), {
      onLine: () => writeFileSync(join(folder, 'seen'), ''),
    });
    rmSync(folder, { recursive: true });
  });

  test('throws an error with the command, the exit code and the last lines of stderr, with and without onLine', async () => {
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

  test('does not take output on stderr for a failure', async () => {
    await expect(runProgram('sh', sh('echo fine >&2'))).resolves.toMatchObject({
      exitCode: 0,
      stderr: 'fine\n',
    });
  });

  test('throws if a signal ended the program', async () => {
    expect((await failure(runProgram('sh', sh('kill -9 $$')))).message).toMatch(/was ended by a signal/);
  });

  test('passes arguments without a shell', async () => {
    const { stdout } = await runProgram('printf', ['%s|', '$(echo no)', '`no`', 'a b', "'", '*']);
    expect(stdout).toBe("$(echo no)|`no`|a b|'|*|");
  });

  test('explains a missing program and a missing folder', async () => {
    const missing = await failure(runProgram('no-such-program', []));
    expect(missing).toBeInstanceOf(ConfigurationError);
    expect(missing.message).toMatch(/^no-such-program was not found on this runner/);
    expect((await failure(runProgram('true', [], { cwd: '/no/such/folder' }))).message).toMatch(
      /the folder \/no\/such\/folder does not exist/,
    );
  });

  test('accepts a program that does not read its stdin', async () => {
    await expect(runProgram('true', [], { stdin: 'x'.repeat(1_000_000) })).resolves.toMatchObject({
      exitCode: 0,
    });
  });

  describe('when it is aborted', () => {
    test('sends SIGTERM to the program and throws the reason', async () => {
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

    test('does not wait for children that the program left behind', async () => {
      let child = 0;
      const abort = new AbortController();
      const running = runProgram('sh', sh('sleep 600 & echo $!; wait'), {
        signal: abort.signal,
        onLine: (line) => {
          child = Number(line);
          abort.abort(new Error('the reason'));
        },
      });
      expect((await failure(running)).message).toBe('the reason');
      // Throws if the child has ended.
      process.kill(child, 'SIGKILL');
    });

    test('kills a program that ignores SIGTERM', async () => {
      const abort = new AbortController();
      const running = runProgram('sh', sh('trap "" TERM; echo up; while :; do sleep 0.1; done'), {
        signal: abort.signal,
        onLine: () => abort.abort(new Error('the reason')),
      });
      const start = performance.now();
      expect((await failure(running)).message).toBe('the reason');
      expect(performance.now() - start).toBeGreaterThan(4_500);
    });

    test('starts nothing if it was aborted before', async () => {
      expect(
        (await failure(runProgram('sleep', ['30'], { signal: AbortSignal.abort(new Error('before')) })))
          .message,
      ).toBe('before');
    });
  });

  test('uses a given environment without any addition', async () => {
    const { stdout } = await runProgram('/usr/bin/env', [], { env: { ONLY: 'this' } });
    expect(stdout).toBe('ONLY=this\n');
  });
});

test('a program runner writes the exact command to the debug log', async () => {
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
