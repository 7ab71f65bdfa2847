import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { briefLine, oneLine, plainText, shortenBetweenWords } from '../../src/model/plain-text.ts';

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

  test('loses the middle of what is longer: what is wrong and what to do stays', () => {
    const line = `app: "a${'\u{1f6a2}'.repeat(1_000)}b" is no name. Write another one.`;
    expect(briefLine(line)).toBe('app: … is no name. Write another one.');
    const list = Array.from({ length: 1_000 }, (_, index) => `name-${index}`).join(', ');
    const brief = briefLine(`app: ${list} are no names.`);
    expect(brief).toMatch(/^app: name-0, name-1, .*, name-\d+, … name-\d+, .* name-999 are no names\.$/);
    expect(brief.length).toBeLessThanOrEqual(1_002);
  });

  test.each([
    ['one word', `${'x'.repeat(2_000)}.`, '….'],
    ['one word at its end', `app: is this ${'x'.repeat(2_000)}?`, 'app: is this …?'],
    [
      'a quote with a quote in it',
      `app: "${'x y '.repeat(200)}"${'x y '.repeat(200)}" is none.`,
      'app: … is none.',
    ],
  ])('that is %s ends as it did', (_, line, brief) => {
    expect(briefLine(line)).toBe(brief);
  });
});

describe('what is cut short', () => {
  /** In characters: less of a secret tells nothing. */
  const HARMLESS = 3;
  const secret = fc.stringMatching(/^[A-Z0-9]{8,40}$/);
  const passphrase = fc.array(secret, { minLength: 2, maxLength: 5 }).map((words) => words.join(' '));
  /** Of most lengths with which the line is cut in the middle of what it surrounds. */
  const around = fc
    .oneof(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: 440, max: 500 }))
    .map((length) => '-'.repeat(length));

  /** What can be read of a secret after the runner has hidden it as a whole. */
  function readable(hidden: string, text: string): readonly string[] {
    const shown = text.replaceAll(hidden, '***');
    return Array.from({ length: hidden.length - HARMLESS }, (_, at) =>
      hidden.slice(at, at + HARMLESS + 1),
    ).filter((piece) => shown.includes(piece));
  }

  test.each<[string, fc.Arbitrary<string>, (text: string) => string]>([
    ['a word', secret, (text) => text],
    ['a text in quotes', fc.oneof(secret, passphrase), (text) => `"${text}"`],
  ])('never ends in the middle of a secret in %s', (_, hidden, written) => {
    fc.assert(
      fc.property(
        hidden,
        around,
        around,
        fc.integer({ min: 10, max: 1_500 }),
        (value, before, after, length) => {
          const line = `env: ${written(`${before}${value}${after}`)} is not right. Write it as NAME=value.`;
          expect(readable(value, briefLine(line))).toEqual([]);
          expect(readable(value, shortenBetweenWords(line, length))).toEqual([]);
        },
      ),
    );
  });
});
