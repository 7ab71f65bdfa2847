import { stripVTControlCharacters } from 'node:util';

/** Characters that change the direction of the text after them, so that it reads as something else. */
const BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/** Output of a program without colours, cursor movements and other invisible characters. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n?/g, '\n').replace(BIDI, '').replace(CONTROLS, '');
}

/** The same as one line. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** The beginning of a text that is longer than so many characters. It never ends with half of one. */
export const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')} …`;

/**
 * The beginning of a text that is longer, without a piece of a word or of a text in quotes. A secret may be one: the runner hides it only where it
 * stands as a whole, and nobody else knows all of them.
 */
export function shortenBetweenWords(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = gapsIn(text).findLast((gap) => gap <= length) ?? 0;
  return `${text.slice(0, end)} …`.trimStart();
}

/** The places of spaces that are in no quotes, if the text in them has none, or an odd number. */
function gapsIn(text: string): readonly number[] {
  const quotes = [...text.matchAll(/"/g)].length;
  const gaps: number[] = [];
  let before = 0;
  for (const { 0: found, index } of text.matchAll(/["\s]/g)) {
    if (found === '"') before += 1;
    else if (before === 0 || before === quotes || (before % 2 === 0 && quotes % 2 === 0)) gaps.push(index);
  }
  return gaps;
}

/** In characters, of a line of an error: it may quote a text of any length. */
const MAX_LINE_LENGTH = 1_000;

/**
 * The line of an error without the middle, where it quotes a long text: it begins with what is wrong and ends with what to do. No word
 * and no quoted text is cut through.
 */
export function briefLine(line: string): string {
  if (line.length <= MAX_LINE_LENGTH) return line;
  const half = MAX_LINE_LENGTH / 2;
  const gap = gapsIn(line).find((each) => each >= line.length - half);
  const end = gap === undefined ? (/[.?]$/.exec(line)?.[0] ?? '') : line.slice(gap);
  return `${shortenBetweenWords(line, half)}${end}`;
}
