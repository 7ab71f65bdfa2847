import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { formatCommand, openAtLineEnd, splitCommand } from '../../src/model/command-line.ts';

describe('splitCommand', () => {
  test.each([
    ['pytest -q', ['pytest', '-q']],
    ['  npm   test ', ['npm', 'test']],
    [`sh -c 'npm ci && npm test'`, ['sh', '-c', 'npm ci && npm test']],
    [`echo "a  b" 'c "d"' e\\ f`, ['echo', 'a  b', 'c "d"', 'e f']],
    [`echo "say \\"hi\\" \\$5 \\n"`, ['echo', 'say "hi" $5 \\n']],
    [`echo '' "" x''y`, ['echo', '', '', 'xy']],
    [`sh -c 'echo '\\''quoted'\\'''`, ['sh', '-c', `echo 'quoted'`]],
    ["sh -c '\n  one\n  two\n'", ['sh', '-c', '\n  one\n  two\n']],
    ['bin/migrate \\\n  --all "a\\\nb" c\\\nd', ['bin/migrate', '--all', 'ab', 'cd']],
    ['pytest -k test[1] a?b', ['pytest', '-k', 'test[1]', 'a?b']],
  ])('splits a command as a shell does: %s', (command, argv) => {
    expect(splitCommand(command, 'test')).toEqual(argv);
    const shell = execFileSync('sh', ['-c', `set -f; printf '%s\\0' ${command}`], { encoding: 'utf8' });
    expect(shell.split('\0').slice(0, -1)).toEqual(argv);
  });

  test.each([
    ['npm ci && npm test', '"&"'],
    ['cat x | grep y', '"|"'],
    ['echo $HOME', '"$"'],
    ['echo "$HOME"', '"$"'],
    ['echo `id`', '"`"'],
    ['a; b', '";"'],
    ['a > b', '">"'],
    ['ls *.py', '"*"'],
  ])('refuses a command that needs a shell, with the way to get one: %s', (command, letter) => {
    expect(() => splitCommand(command, 'test')).toThrow(
      `test: ${letter} needs a shell, but the command runs without one. `,
    );
    expect(() => splitCommand(command, 'test')).toThrow(`Write sh -c '${command}'`);
  });

  test('refuses an open quote and an empty command', () => {
    expect(() => splitCommand("echo 'a", 'test')).toThrow(
      "test: the quote ' is not closed. Add a closing ' to: echo 'a",
    );
    expect(() => splitCommand("sh -c 'a\nb", 'test')).toThrow(/Add a closing ' to: sh -c 'a …$/);
    expect(() => splitCommand('  ', 'test')).toThrow(
      'test: the command is empty. Write a program and its arguments.',
    );
  });
});

test.each([
  ["sh -c '", undefined, "'"],
  ['a \\', "'", "'"],
  ["b'", "'", undefined],
  ['a \\', undefined, '\\'],
  ['b', '\\', undefined],
  ['a \\\\', undefined, undefined],
  ["a '\\'", undefined, undefined],
  ['"a \\"', undefined, '"'],
  ['a \\', '"', '"'],
  ["'", '"', '"'],
  [`"it's"`, undefined, undefined],
] as const)(
  'after the line %j of a command, after one with an open %j, the open quote is %j',
  (line, before, open) => {
    expect(openAtLineEnd(line, before)).toBe(open);
  },
);

test.each([
  [['bin/migrate', '--all'], 'bin/migrate --all'],
  [['sh', '-c', '\n  set -e\n  a && b\n'], "sh -c ' ⏎ set -e ⏎ a && b ⏎ '"],
  [['echo', "it's", ''], "echo 'it'\\''s' ''"],
  [['x'.repeat(200)], `${'x'.repeat(119)}…`],
])('formatCommand shows %j on one line, as %j', (argv, expected) => {
  expect(formatCommand(argv)).toBe(expected);
});
