import { ConfigurationError } from './errors.ts';

const SHELL_OPERATORS = new Set(['|', '&', ';', '<', '>', '(', ')', '`', '$', '*', '\n']);

/**
 * Splits a command into arguments by the quoting rules of a POSIX shell. There is no shell: an image need not have one,
 * and the runner's has no business with it. So what only a shell could do is refused, instead of being passed on as text.
 *
 * @throws ConfigurationError naming `input`, with the way out.
 */
export function splitCommand(command: string, input: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at] ?? '';
    if (quote === "'") {
      if (letter === "'") quote = undefined;
      else word += letter;
    } else if (quote === '"') {
      const next = command[at + 1] ?? '';
      if (letter === '"') quote = undefined;
      else if (letter === '\\' && next === '\n') at += 1;
      else if (letter === '\\' && '"\\$`'.includes(next) && next !== '') {
        word += next;
        at += 1;
      } else if (letter === '$' || letter === '`') throw needsShellError(command, letter, input);
      else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= '';
    } else if (letter === '\\' && at + 1 < command.length) {
      at += 1;
      // A line break that is escaped is none.
      if (command[at] !== '\n') word = (word ?? '') + command[at];
    } else if (SHELL_OPERATORS.has(letter)) throw needsShellError(command, letter, input);
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== undefined) {
    const [first = '', ...more] = command.split('\n');
    throw new ConfigurationError(
      `${input}: ${quote} is opened and never closed in: ${first}${more.length === 0 ? '' : ' …'}`,
    );
  }
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (program === undefined || program === '') throw new ConfigurationError(`${input}: there is no command.`);
  return [program, ...args];
}

/** Whether a command is not at its end: a quote is open, or the line break that follows is escaped. */
export function isIncompleteCommand(command: string): boolean {
  let quote: string | undefined;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at];
    if (letter === '\\' && quote !== "'") {
      at += 1;
      if (at === command.length) return true;
    } else if (quote === undefined) {
      if (letter === "'" || letter === '"') quote = letter;
    } else if (letter === quote) quote = undefined;
  }
  return quote !== undefined;
}

/** Characters of a command that a line of the log shows. */
const MAX_SHOWN_LENGTH = 120;

/** A command in one line, quoted as a shell would need it, with `⏎` for its line breaks; a long one is cut. */
export function formatCommand(argv: readonly string[]): string {
  const words = argv.map((word) =>
    /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  const line = [...words.join(' ').replaceAll(/\s*\n\s*/g, ' ⏎ ')];
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH - 1).join('')}…` : line.join('');
}

function needsShellError(command: string, letter: string, input: string): ConfigurationError {
  const quoted = `'${command.replaceAll("'", "'\\''")}'`;
  return new ConfigurationError(
    `${input}: "${letter}" means something to a shell only, and the command is run without one. Write sh -c ${quoted}, if the image has a shell, or put "${letter}" in single quotes.`,
  );
}
