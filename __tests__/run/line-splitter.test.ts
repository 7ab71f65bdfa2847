import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from '../../src/run/line-splitter.ts';

test('the same lines come out wherever the text is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''))),
      fc.array(fc.nat(50)),
      fc.boolean(),
      (texts, cuts, crlf) => {
        const bytes = Buffer.from(texts.map((text) => `${text}${crlf ? '\r\n' : '\n'}`).join(''));
        const seen: string[] = [];
        const lines = new LineSplitter((line) => seen.push(line));
        let at = 0;
        for (const cut of cuts) {
          lines.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        lines.push(bytes.subarray(at));
        lines.end();
        expect(seen).toEqual(texts);
      },
    ),
  );
});

test('the text after the last line break is a line', () => {
  const seen: string[] = [];
  const lines = new LineSplitter((line) => seen.push(line));
  lines.push(Buffer.from('one\ntwo'));
  lines.end();
  lines.end();
  expect(seen).toEqual(['one', 'two']);
});

test('output without a line break comes in pieces and takes no memory', () => {
  const seen: number[] = [];
  const lines = new LineSplitter((line) => seen.push(line.length));
  const chunk = Buffer.alloc(16 * 1024, 'x');
  for (let count = 0; count < 6_400; count += 1) lines.push(chunk);
  lines.end();
  expect(Math.max(...seen)).toBeLessThan(1.1 * 1024 * 1024);
  expect(seen.reduce((sum, length) => sum + length, 0)).toBe(100 * 1024 * 1024);
});
