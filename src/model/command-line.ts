import { ConfigurationError } from './errors.ts';

const SHELL_OPERATORS = new Set(['|', '&', ';', '<', '>', '(', ')', '`', '$', '*', '\n']);

/** A quote that is not closed, or the `\` at the end: the command continues on the next line. */
export type OpenQuote = '"' | "'" | '\\' | undefined;

interface ScannedCommand {
  readonly words: readonly string[];
  readonly open: OpenQuote;
  /** The first character that only a shell could interpret. */
  readonly operator: string | undefined;
}

/**
 * Splits a command by the quoting rules of a POSIX shell.
 * @param before the quote that it begins in
 */
function scanCommand(command: string, before?: '"' | "'"): ScannedCommand {
  const words: string[] = [];
  let word: string | undefined = before && '';
  let quote: OpenQuote = before;
  let operator: string | undefined;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at] ?? '';
    const next = command[at + 1] ?? '';
    if (quote === "'") {
      if (letter === "'") quote = undefined;
      else word += letter;
    } else if (letter === '\\' && next !== '' && (quote === undefined || '"\\$`\n'.includes(next))) {
      // An escaped line break disappears.
      if (next !== '\n') word = (word ?? '') + next;
      at += 1;
    } else if (quote === '"') {
      if (letter === '"') quote = undefined;
      else word += letter;
      if (letter === '$' || letter === '`') operator ??= letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter) && letter !== '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (SHELL_OPERATORS.has(letter)) operator ??= letter;
      // Only at the end: before any other character it escapes that.
      if (letter === '\\') quote = letter;
      word = (word ?? '') + letter;
    }
  }
  if (word !== undefined) words.push(word);
  return { words, open: quote, operator };
}

/**
 * Splits a command into arguments. It runs without a shell: an image may have none, and the one of the runner must not
 * interpret it. So a command that needs a shell is refused.
 *
 * @throws ConfigurationError that names `input` and says what to write
 */
export function splitCommand(command: string, input: string): readonly [string, ...string[]] {
  const { words, open, operator } = scanCommand(command);
  if (operator !== undefined) {
    throw new ConfigurationError(
      `${input}: "${operator}" needs a shell, but the command runs without one. Write sh -c ${singleQuoted(command)} if the image has a shell, or put "${operator}" in single quotes.`,
    );
  }
  if (open === '"' || open === "'") {
    const [first = '', ...more] = command.split('\n');
    const shown = more.length === 0 ? first : `${first} …`;
    throw new ConfigurationError(
      `${input}: the quote ${open} is not closed. Add a closing ${open} to: ${shown}`,
    );
  }
  const [program = '', ...args] = words;
  if (program === '')
    throw new ConfigurationError(`${input}: the command is empty. Write a program and its arguments.`);
  return [program, ...args];
}

/**
 * What is open at the end of a line of a command.
 * @param before what was open at the end of the line before
 */
export const openAtLineEnd = (line: string, before: OpenQuote): OpenQuote =>
  scanCommand(line, before === '\\' ? undefined : before).open;

/** Characters of a command that a line of the log shows. */
const MAX_SHOWN_LENGTH = 120;

/** A command as a person types it into a shell. */
export const quoteCommand = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : singleQuoted(word))).join(' ');

/** A command on one line, quoted for a shell, with `⏎` for line breaks. A long one is cut. */
export function formatCommand(argv: readonly string[]): string {
  const line = [...quoteCommand(argv).replaceAll(/\s*\n\s*/g, ' ⏎ ')];
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH - 1).join('')}…` : line.join('');
}

const singleQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
