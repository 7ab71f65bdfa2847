import { describe, expect, test } from '@jest/globals';
import { lastPrintedSentence, printedSentence } from '../../src/rollout/printed-output.ts';
import { details } from './support/memory-engine.ts';

const asked: unknown[][] = [];
const printing = (...lines: readonly string[]) => ({
  containerLogs(...args: readonly unknown[]): Promise<readonly string[]> {
    asked.push([...args]);
    return Promise.resolve(lines);
  },
});
const first = (...lines: readonly string[]): Promise<string> =>
  printedSentence(printing(...lines), details({ startedAt: '2026-01-01T00:00:00Z' }));
const last = (state: 'exited' | 'running', ...lines: readonly string[]): Promise<string> =>
  lastPrintedSentence(printing(...lines), details({ state }));

describe('what a container that dies printed', () => {
  test('is its first line', async () => {
    expect(await first('', 'DATABASE_URL is not set', 'usage: app')).toBe(
      ' It printed "DATABASE_URL is not set".',
    );
  });

  test.each([
    [
      'Node',
      [
        'node:internal/modules/cjs/loader:1386',
        '  throw err;',
        '  ^',
        '',
        "Error: Cannot find module 'x'",
        '    at error (a.js)',
      ],
      ' It printed "node:internal/modules/cjs/loader:1386", then "Error: Cannot find module \'x\'".',
    ],
    [
      'Python',
      [
        'Traceback (most recent call last):',
        '  File "app.py", line 1',
        "    raise KeyError('X')",
        "KeyError: 'X'",
      ],
      ' It printed "Traceback (most recent call last):", then "KeyError: \'X\'".',
    ],
    [
      'nginx',
      ['/docker-entrypoint.sh: ready', 'nginx: [emerg] host not found in upstream "app"'],
      ' It printed "/docker-entrypoint.sh: ready", then "nginx: [emerg] host not found in upstream "app"".',
    ],
    ['Go', ['panic: no database', '', 'goroutine 1 [running]:'], ' It printed "panic: no database".'],
  ])('is the first line that says what went wrong, as %s does', async (_, lines, sentence) => {
    expect(await first(...lines)).toBe(sentence);
  });

  test('is read from its last start on', async () => {
    await first('x');
    expect(asked.at(-1)).toEqual(['web-1', 200, '2026-01-01T00:00:00Z']);
  });

  test('is one short line without colours and commands of the terminal', async () => {
    const sentence = await first(`\u001b[31mno\u001b[0m\tdatabase ${'x'.repeat(400)}`);
    expect(sentence).toMatch(/^ It printed "no database x+ …"\.$/);
    expect(sentence.length).toBeLessThan(230);
  });

  test('is nothing where it printed nothing, or its log can not be read', async () => {
    expect(await first()).toBe('');
    const unreadable = { containerLogs: () => Promise.reject(new Error('log driver none')) };
    expect(await printedSentence(unreadable, details())).toBe('');
  });
});

describe('what a container printed that had run for a while', () => {
  test('is the last line that says what went wrong', async () => {
    expect(await last('exited', 'GET /', 'Error: one', 'GET /', 'Error: two', '    at x', 'bye')).toBe(
      ' It printed "Error: two".',
    );
  });

  test('is its last line otherwise; of one that was restarted that says nothing', async () => {
    expect(await last('exited', 'GET /', 'bye')).toBe(' It printed "bye".');
    expect(await last('running', 'GET /', 'listens')).toBe('');
  });
});
