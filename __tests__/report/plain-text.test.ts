import { describe, expect, jest, test } from '@jest/globals';
import { escapeWorkflowCommands, oneLine, plainText } from '../../src/report/plain-text.ts';
import { parseCommand } from '../support/runner/workflow-commands.ts';

describe('the output of a program', () => {
  test.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['terminal links', '\u001b]8;;https://evil.example\u0007text\u001b]8;;\u0007', 'text'],
    ['cursor movements', 'one\u001b[2Ktwo\b\u0000', 'onetwo'],
    ['changes of the text direction', 'gpj.\u202Eexe', 'gpj.exe'],
    ['foreign line ends', 'one\r\ntwo\rthree', 'one\ntwo\nthree'],
    ['nothing else: tabs and emoji stay', '\tat x 👩‍🚀', '\tat x 👩‍🚀'],
  ])('is shown without %s', (_, printed, shown) => {
    expect(plainText(printed)).toBe(shown);
  });

  test('is put on one line', () => {
    expect(oneLine('  one\n\ttwo\r\n  three ')).toBe('one two three');
  });
});

describe('the log', () => {
  test.each([
    '::add-mask::e',
    '  ::error file=a::b',
    '\u00A0::error::b',
    '::stop-commands::token',
    ':::error::x',
    'text ##[add-mask]e',
    '##[group]x',
    '####[error]x',
    'first\n::error::second',
    'first\r::error::second',
    'first\r\n  ::error::second',
    'first\r\n##[error]second',
  ])('gives the runner no command by %j', (line) => {
    // The runner's reader ends lines at each of these.
    const commands = escapeWorkflowCommands(line)
      .split(/\r\n|\r|\n/)
      .map(parseCommand);
    expect(commands).toEqual(commands.map(() => undefined));
    expect(
      line.split(/\r\n|\r|\n/).some((each) => parseCommand(each) !== undefined || each.startsWith(':::')),
    ).toBe(true);
  });

  test.each(['std::vector', 'a :: b', '✓ ssh://one  check web', '  indented', '## [title]', ''])(
    'keeps the line %j as it is',
    (line) => {
      expect(escapeWorkflowCommands(line)).toBe(line);
    },
  );

  test('gives the runner no command when a line is written', async () => {
    const { consoleLog } = await import('../../src/report/console.ts');
    const written: string[] = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
    consoleLog.info('::add-mask::e');
    expect(written.join('').split(/\r?\n/).map(parseCommand)).toEqual([undefined, undefined]);
  });
});
