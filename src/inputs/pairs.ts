import { ConfigurationError } from '../model/errors.ts';

/** What a key may look like, and how to say so. */
export interface KeyRule {
  readonly pattern: RegExp;
  readonly hint: string;
}

/** As POSIX names environment variables, so that every shell and `docker compose` can read them. */
export const VARIABLE_NAME: KeyRule = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  hint: 'letters, digits and "_", not beginning with a digit',
};

const ESCAPE_SEQUENCES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
};

/**
 * Reads lines of KEY=VALUE. Empty lines and lines that begin with `#` are passed over. A value is taken as it is, up to
 * the end of its line; one in double quotes may go on over several lines and knows `\n`, `\r`, `\t`, `\"` and `\\`; one
 * in single quotes may go on over several lines and is taken literally.
 *
 * @throws ConfigurationError that names the line by its number, never by its text: it may hold a secret.
 */
export function parsePairs(text: string, input: string, key: KeyRule = VARIABLE_NAME): Map<string, string> {
  const pairs = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const where = `${input}, line ${at + 1}`;
    const equals = line.indexOf('=');
    if (equals < 1) throw new ConfigurationError(`${where}: not KEY=VALUE.${multiLineHint(pairs)}`);
    const name = line.slice(0, equals).trim();
    if (!key.pattern.test(name)) {
      throw new ConfigurationError(`${where}: the key is not legal. A key is ${key.hint}.`);
    }
    if (pairs.has(name)) throw new ConfigurationError(`${where}: "${name}" is given a second time.`);
    const value = line.slice(equals + 1).trim();
    const quote = value[0];
    if (quote === '"' || quote === "'") {
      const rest = [
        (lines[at] ?? '')
          .trimStart()
          .slice(equals + 1)
          .trimStart()
          .slice(1),
        ...lines.slice(at + 1),
      ].join('\n');
      const end = closingQuote(rest, quote);
      if (end < 0)
        throw new ConfigurationError(
          `${where}: the value of "${name}" begins with ${quote} and never ends with it.`,
        );
      const after = rest.slice(end + 1).split('\n', 1)[0] ?? '';
      if (after.trim() !== '') {
        throw new ConfigurationError(
          `${where}: the value of "${name}" goes on after its closing ${quote}. Put the whole value in quotes, or none of it.`,
        );
      }
      const inner = rest.slice(0, end);
      at += inner.split('\n').length - 1;
      pairs.set(name, quote === '"' ? unescapeValue(inner) : inner);
    } else {
      pairs.set(name, value);
    }
  }
  return pairs;
}

/** A line without `=` after one with it is most often the second line of a value. */
function multiLineHint(pairs: ReadonlyMap<string, string>): string {
  const last = [...pairs.keys()].at(-1);
  return last === undefined
    ? ''
    : ` If it belongs to the value of "${last}", put that value in double quotes.`;
}

function closingQuote(text: string, quote: '"' | "'"): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function unescapeValue(text: string): string {
  return text.replaceAll(
    /\\(?<letter>[\s\S])/g,
    (whole, letter: string) => ESCAPE_SEQUENCES[letter] ?? whole,
  );
}
