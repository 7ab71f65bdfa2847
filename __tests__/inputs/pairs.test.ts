import { describe, expect, test } from '@jest/globals';
import { parsePairs } from '../../src/inputs/pairs.ts';

const parsed = (text: string) => Object.fromEntries(parsePairs(text, 'env'));

describe('parsePairs', () => {
  test.each([
    ['an empty text', '', {}],
    ['one pair', 'A=1', { A: '1' }],
    ['several pairs, with empty lines and comments', '\n# one\nA=1\n\n  # two\nB=2\n', { A: '1', B: '2' }],
    ['lines that end with CRLF', 'A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['an empty value', 'A=', { A: '' }],
    ['an equals sign in the value', 'A=b=c==', { A: 'b=c==' }],
    ['white space around key and value', '  A = 1  ', { A: '1' }],
    ['a # within a value', 'A=x # y', { A: 'x # y' }],
    ['JSON', 'A={"a": "b"}', { A: '{"a": "b"}' }],
    ['a dollar sign', 'A=$B${C}', { A: '$B${C}' }],
    ['backslashes outside quotes', String.raw`A=a\nb`, { A: String.raw`a\nb` }],
    ['quotes that are not at the beginning', 'A=it\'s "so"', { A: 'it\'s "so"' }],
    ['double quotes', 'A=" x "', { A: ' x ' }],
    ['an empty value in quotes', 'A=""\nB=\'\'', { A: '', B: '' }],
    ['escapes in double quotes', String.raw`A="a\nb\t\"c\"\\d\q\$"`, { A: `a\nb\t"c"\\d\\q\\$` }],
    ['no escapes in single quotes', String.raw`A='a\nb"'`, { A: String.raw`a\nb"` }],
    [
      'a value of several lines',
      'A="one\n  two=2\n\n# three\n"\nB=2',
      { A: 'one\n  two=2\n\n# three\n', B: '2' },
    ],
    ['a value of several lines in single quotes', "A='one\ntwo'\nB=2", { A: 'one\ntwo', B: '2' }],
    ['a key named like a property of objects', 'constructor=1', { constructor: '1' }],
  ])('reads %s', (_, text, pairs) => {
    expect(parsed(text)).toEqual(pairs);
  });

  test.each([
    [
      'a line without an equals sign',
      'A=1\nsecret',
      'env, line 2: not KEY=VALUE. If the line belongs to the value of "A", put that value in double quotes.',
    ],
    ['a first line without an equals sign', 'secret', 'env, line 1: not KEY=VALUE.'],
    ['a line without a key', '=secret', 'env, line 1: not KEY=VALUE.'],
    [
      'a key that begins with a digit',
      '1A=secret',
      'env, line 1: the name before "=" is not valid. Write letters, digits and "_", not beginning with a digit.',
    ],
    [
      'the word export before a key',
      'export A=secret',
      'env, line 1: the name before "=" is not valid. Write letters, digits and "_", not beginning with a digit.',
    ],
    ['a key that is set twice', 'A=1\nA=secret', 'env, line 2: "A" is set twice. Remove one of the lines.'],
    [
      'a quote that is not closed',
      'A="secret\nB=1',
      'env, line 1: the value of "A" begins with ", but there is no closing ".',
    ],
    [
      'a closing quote that is escaped',
      String.raw`A="secret\"`,
      'env, line 1: the value of "A" begins with ", but there is no closing ".',
    ],
    [
      'text after the closing quote',
      'A="a" secret',
      'env, line 1: the value of "A" continues after its closing ". Quote the whole value or nothing of it.',
    ],
    [
      'a line without an equals sign after a value of several lines',
      'A="1\n2"\nsecret',
      'env, line 3: not KEY=VALUE. If the line belongs to the value of "A", put that value in double quotes.',
    ],
  ])('refuses %s without repeating the value', (_, text, message) => {
    expect(() => parsed(text)).toThrow(new Error(message));
    expect(message).not.toContain('secret');
  });
});

describe('parsePairs where a line may be a name alone', () => {
  const read = (text: string) =>
    Object.fromEntries(parsePairs(text, 'ssh-env', undefined, (name) => (name === 'SET' ? 'x' : undefined)));

  test('a name stands for its value, beside pairs', () => {
    expect(read('SET\nA=1\nB="two\nSET\n"')).toEqual({ SET: 'x', A: '1', B: 'two\nSET\n' });
  });

  test.each([
    [
      'A=1\ntopsecret',
      'ssh-env, line 2: the variable that it names is not set in this step. Set it under "env:" of the step, or write NAME=VALUE.',
    ],
    ['top-secret', 'ssh-env, line 1: not KEY=VALUE.'],
    ['SET\nSET=1', 'ssh-env, line 2: "SET" is set twice. Remove one of the lines.'],
    ['SET\nSET', 'ssh-env, line 2: not KEY=VALUE.'],
  ])('%j is refused, and the line is not repeated', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).not.toThrow('secret');
  });
});
