import { describe, expect, test } from '@jest/globals';
import { oneLine, plainText } from '../../src/model/plain-text.ts';

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
