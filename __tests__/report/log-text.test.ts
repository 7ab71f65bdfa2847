import { describe, expect, jest, test } from '@jest/globals';
import { escapeWorkflowCommands } from '../../src/report/log-text.ts';
import { parseCommand } from '../support/runner/workflow-commands.ts';

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
