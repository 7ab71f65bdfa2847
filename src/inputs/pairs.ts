import { ConfigurationError } from '../model/errors.ts';
import { byPlace } from '../model/place-words.ts';

/** Which keys are valid, and how an error describes them. */
export interface KeyRule {
  readonly pattern: Pick<RegExp, 'test'>;
  readonly hint: string;
}

/** POSIX names of environment variables, which every shell and `docker compose` can read. */
const VARIABLE_NAME: KeyRule = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  hint: 'letters, digits and "_", not beginning with a digit',
};

/** The value of a name that stands alone in its line; `undefined` if there is none. */
export type ValueOfName = (name: string) => string | undefined;

const ESCAPE_SEQUENCES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
};

/**
 * Reads lines of KEY=VALUE, without empty lines and comments (`#`). A plain value ends at the end of its line. A value in
 * double quotes may span several lines and understands `\n`, `\r`, `\t`, `\"` and `\\`. A value in single quotes may span
 * several lines and is taken literally.
 *
 * @param alone lets a line be a name alone, and gives its value
 * @throws ConfigurationError that gives the number of a wrong line, never its text: it may contain a secret
 */
export function parsePairs(
  text: string,
  input: string,
  key: KeyRule = VARIABLE_NAME,
  alone?: ValueOfName,
): Map<string, string> {
  const pairs = new Map<string, string>();
  const whole = text.replaceAll('\r\n', '\n');
  const lines = whole.split('\n');
  let nextLine = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const start = nextLine;
    nextLine = endOfLine(whole, start) + 1;
    const line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const where = `${input}, line ${at + 1}`;
    const equals = line.indexOf('=');
    if (alone !== undefined && key.pattern.test(line) && !pairs.has(line)) {
      const value = alone(line);
      if (value === undefined) {
        throw new ConfigurationError(
          `${where}: the variable that it names is not set${byPlace(' in this step. Set it under "env:" of the step', '. Export it')}, or write NAME=VALUE.`,
        );
      }
      pairs.set(line, value);
      continue;
    }
    if (equals < 1) throw new ConfigurationError(`${where}: not KEY=VALUE.${multiLineHint(pairs)}`);
    const name = line.slice(0, equals).trim();
    if (!key.pattern.test(name))
      throw new ConfigurationError(`${where}: the name before "=" is not valid. Write ${key.hint}.`);
    if (pairs.has(name))
      throw new ConfigurationError(`${where}: "${name}" is set twice. Remove one of the lines.`);
    const value = line.slice(equals + 1).trim();
    const quote = value[0];
    if (quote !== '"' && quote !== "'") {
      pairs.set(name, value);
      continue;
    }
    const open = whole.indexOf(quote, whole.indexOf('=', start));
    const end = closingQuote(whole, open + 1, quote);
    if (end < 0) {
      throw new ConfigurationError(
        `${where}: the value of "${name}" begins with ${quote}, but there is no closing ${quote}.`,
      );
    }
    const trailing = whole.slice(end + 1, endOfLine(whole, end));
    if (trailing.trim() !== '') {
      throw new ConfigurationError(
        `${where}: the value of "${name}" continues after its closing ${quote}. Quote the whole value or nothing of it.`,
      );
    }
    const inner = whole.slice(open + 1, end);
    at += inner.split('\n').length - 1;
    nextLine = endOfLine(whole, end) + 1;
    pairs.set(name, quote === '"' ? unescapeValue(inner) : inner);
  }
  return pairs;
}

/** A line without `=` after a pair is usually the second line of its value. */
function multiLineHint(pairs: ReadonlyMap<string, string>): string {
  const last = [...pairs.keys()].at(-1);
  return last === undefined
    ? ''
    : ` If the line belongs to the value of "${last}", put that value in double quotes.`;
}

function closingQuote(text: string, from: number, quote: '"' | "'"): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function unescapeValue(text: string): string {
  return text.replaceAll(
    /\\(?<letter>[\s\S])/g,
    (match, letter: string) => ESCAPE_SEQUENCES[letter] ?? match,
  );
}
