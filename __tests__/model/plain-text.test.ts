import { describe, expect, test } from '@jest/globals';
import { briefLine, oneLine, plainText } from '../../src/model/plain-text.ts';

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

describe('a line of an error', () => {
  test('stays as it is up to 1,000 characters', () => {
    expect(briefLine('x'.repeat(1_000))).toBe('x'.repeat(1_000));
  });

  test('loses the middle of what is longer, and no half of a character is left', () => {
    const line = `app: "a${'\u{1f6a2}'.repeat(1_000)}b" is no name. Write another one.`;
    const brief = briefLine(line);
    expect(brief).toMatch(/^app: "a\u{1f6a2}+ … \u{1f6a2}+b" is no name\. Write another one\.$/u);
    expect(brief.length).toBeLessThanOrEqual(1_002);
  });
});
