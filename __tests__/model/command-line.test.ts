import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { formatCommand, isIncompleteCommand, splitCommand } from '../../src/model/command-line.ts';

describe('a command is split as a shell would', () => {
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
  ])('%s', (command, argv) => {
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
  ])('what needs a shell is refused, with the way out: %s', (command, letter) => {
    expect(() => splitCommand(command, 'test')).toThrow(`test: ${letter} means something to a shell only`);
    expect(() => splitCommand(command, 'test')).toThrow(`Write sh -c '${command}'`);
  });

  test('a quote that is never closed, and no command', () => {
    expect(() => splitCommand("echo 'a", 'test')).toThrow("test: ' is opened and never closed in: echo 'a");
    expect(() => splitCommand("sh -c 'a\nb", 'test')).toThrow(/closed in: sh -c 'a …$/);
    expect(() => splitCommand('  ', 'test')).toThrow('test: there is no command.');
  });
});

test.each([
  ["sh -c '", true],
  ["sh -c 'a\nb'", false],
  ['a \\', true],
  ['a \\\\', false],
  ["a '\\'", false],
  ['"a \\"', true],
  [`"it's"`, false],
])('%j goes on in the next line: %p', (command, expected) => {
  expect(isIncompleteCommand(command)).toBe(expected);
});

test.each([
  [['bin/migrate', '--all'], 'bin/migrate --all'],
  [['sh', '-c', '\n  set -e\n  a && b\n'], "sh -c ' ⏎ set -e ⏎ a && b ⏎ '"],
  [['echo', "it's", ''], "echo 'it'\\''s' ''"],
  [['x'.repeat(200)], `${'x'.repeat(119)}…`],
])('%j is shown in one line', (argv, expected) => {
  expect(formatCommand(argv)).toBe(expected);
});
