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
