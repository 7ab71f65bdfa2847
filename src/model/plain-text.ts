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

/** In characters, of a line of an error: it may quote a text of any length. */
const MAX_LINE_LENGTH = 1_000;

/** The line of an error without the middle of a long text that it quotes: it begins with what is wrong and ends with what to do. */
export function briefLine(line: string): string {
  if (line.length <= MAX_LINE_LENGTH) return line;
  const half = MAX_LINE_LENGTH / 2;
  return `${shorten(line, half)} ${line.slice(-half).replace(/^[\uDC00-\uDFFF]/, '')}`;
}
