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

/** Output of a program as lines of the log, marked so that nobody takes them for Sealift's own. */
export function quoteOutput(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => plainText(line).split('\n')).map((line) => `  │ ${line}`);
}

/**
 * Text for the job's log in which the runner finds no command. It obeys `::name::` at the start of a line and `##[name]`
 * anywhere in it, whoever printed it (actions/runner, ActionCommand.cs), and breaks lines at a lone CR as well.
 */
export function escapeWorkflowCommands(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n');
}
