import { ConfigurationError } from './errors.ts';

const OPERATORS = new Set(['|', '&', ';', '<', '>', '(', ')', '`', '$', '*', '\n']);

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
      else if (letter === '\\' && '"\\$`'.includes(next) && next !== '') {
        word += next;
        at += 1;
      } else if (letter === '$' || letter === '`') throw needsShell(command, letter, input);
      else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= '';
    } else if (letter === '\\' && at + 1 < command.length) {
      at += 1;
      word = (word ?? '') + command[at];
    } else if (OPERATORS.has(letter)) throw needsShell(command, letter, input);
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== undefined) {
    throw new ConfigurationError(`${input}: ${quote} is opened and never closed in: ${command}`);
  }
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (program === undefined || program === '') throw new ConfigurationError(`${input}: there is no command.`);
  return [program, ...args];
}

function needsShell(command: string, letter: string, input: string): ConfigurationError {
  const quoted = `'${command.replaceAll("'", "'\\''")}'`;
  return new ConfigurationError(
    `${input}: "${letter}" means something to a shell only, and the command is run without one. Write sh -c ${quoted}, if the image has a shell, or put "${letter}" in single quotes.`,
  );
}
