import { oneLine, plainText, shorten } from '../model/plain-text.ts';

/** Markdown for GitHub. Text of users, servers and programs is escaped, so it never becomes markup. */

/** In characters. Whoever needs more of a text finds it in the log. */
const MAX_TEXT_LENGTH = 4_000;

/** Cut before too: what is left out costs no time. */
const shortLine = (value: string): string =>
  shorten(oneLine(shorten(value, 2 * MAX_TEXT_LENGTH)), MAX_TEXT_LENGTH);

/** Text within a line. URLs in it become links, as everywhere on GitHub. */
export function markdownText(value: string): string {
  return shortLine(value)
    .replace(/[&<>|]/g, htmlEntity)
    .replace(/[\\`*_~[\]$]/g, '\\$&')
    .replace(/^[#+=-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** Text within HTML. */
export function htmlText(value: string): string {
  return shortLine(value).replace(/[^\p{L}\p{N}\s.,:/@-]/gu, htmlEntity);
}

/** Entities with a name use it: GitHub takes others for a part of a URL before them. */
const NAMED_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const htmlEntity = (character: string): string =>
  NAMED_ENTITIES[character] ?? `&#${character.codePointAt(0)};`;

/** A code span that no content can end, in a table or elsewhere. */
export function codeSpan(value: string): string {
  const content = shortLine(value);
  if (content === '') return '–';
  return /[`|\\]/.test(content) ? `<code>${htmlText(content)}</code>` : `\`${content}\``;
}

/** A code block whose fence is longer than any run of backticks in it. */
export function codeBlock(lines: readonly string[], language = 'text'): string {
  const content = plainText(lines.join('\n'));
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${content}\n${ticks}`;
}

/** A link, or only its label unless the address is an http(s) URL. */
export function link(label: string, address: string | undefined): string {
  if (address === undefined || !URL.canParse(address)) return label;
  const { protocol, href } = new URL(address);
  if (protocol !== 'https:' && protocol !== 'http:') return label;
  const safe = href.replace(
    /[|()<>\\`]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${label}](${safe})`;
}

/** @param rows cells as markdown */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => ':--')), ...rows.map(line)].join('\n');
}

/** @param title as HTML */
export function detailsBlock(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}
