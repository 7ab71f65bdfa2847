import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { isLiveTerminal, terminalReporter } from '../../src/cli/terminal-reporter.ts';
import { readCommitContext } from '../../src/image/commit-context.ts';
import { emptyReport } from '../../src/report/report-draft.ts';

function terminal({ isTerminal = false, verbose = false } = {}) {
  const [out, json] = [new PassThrough(), new PassThrough()];
  const reporter = terminalReporter({ out, json, isTerminal, verbose });
  return { reporter, printed: () => String(out.read() ?? ''), json: () => String(json.read() ?? '') };
}

test('lines stand below the title of their group, and notes are marked', () => {
  const { reporter, printed } = terminal();
  reporter.startGroup('Connect');
  reporter.info('s1: Docker 28\nsecond line');
  reporter.warning('an old engine');
  reporter.endGroup();
  reporter.notice('no approval');
  reporter.debug('hidden');
  reporter.error({ message: 'it failed', title: 'x', file: 'compose.yaml', startLine: 3 });
  expect(printed()).toBe(
    'Connect\n  s1: Docker 28\n  second line\n  warning: an old engine\nnote: no approval\nerror: it failed (compose.yaml:3)\n',
  );
});

test('secrets are hidden, also in the report', async () => {
  const { reporter, printed, json } = terminal({ verbose: true });
  reporter.mask('hunter2');
  reporter.debug('login with hunter2');
  await reporter.publish({
    ...emptyReport('status', await readCommitContext()),
    error: 'wrong password hunter2',
  });
  expect(printed()).toBe('login with ***\n');
  expect(JSON.parse(json())).toMatchObject({ command: 'status', error: 'wrong password ***' });
});

test('what a program printed has no effect on the terminal', () => {
  const { reporter, printed } = terminal({ isTerminal: true });
  reporter.info('a\u001b[2Jb\u0007\rc');
  expect(printed()).toBe('ab\nc\n');
});

test.each([
  [true, {}, true],
  [true, { TERM: 'xterm-256color', NO_COLOR: '' }, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
  [false, { TERM: 'xterm-256color' }, false],
  [undefined, {}, false],
])(
  'a stream that is a terminal (%s), with the variables %j: colours are %s',
  (isTTY, variables, expected) => {
    expect(isLiveTerminal(isTTY === undefined ? {} : { isTTY }, variables)).toBe(expected);
  },
);

describe('a line shows what is going on', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const CLEAR = '\r\u001b[2K';
  const dim = (text: string): string => `${CLEAR}\u001b[2m${text}\u001b[0m`;

  test('on a terminal, until the group ends, and each line takes its place', () => {
    const { reporter, printed } = terminal({ isTerminal: true });
    reporter.startGroup('Connect');
    jest.advanceTimersByTime(120);
    reporter.warning('slow');
    reporter.endGroup();
    jest.advanceTimersByTime(1000);
    expect(printed()).toBe(
      `\u001b[1mConnect\u001b[0m\n${dim('⠙ Connect 0 s')}${CLEAR}\u001b[33m  warning: slow\u001b[0m\n${CLEAR}`,
    );
  });

  test('without secrets, in one row', () => {
    const { reporter, printed } = terminal({ isTerminal: true });
    reporter.mask('hunter2');
    reporter.startGroup(`hunter2\n${'x'.repeat(100)}`);
    printed();
    jest.advanceTimersByTime(120);
    expect(printed()).toBe(dim(`⠙ *** ${'x'.repeat(64)} 0 s`));
  });
});
