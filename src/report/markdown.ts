import { oneLine, plainText } from './plain-text.ts';

/** Markdown as GitHub renders it. What users, servers and programs say is text in it, never markup. */

/** Text within a line. Addresses in it become links, as everywhere on GitHub. */
export function markdownText(value: string): string {
  return oneLine(value)
    .replace(/[&<>|]/g, htmlEntity)
    .replace(/[\\`*_~[\]$]/g, '\\$&')
    .replace(/^[#+=-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** Text within HTML, where markdown means nothing. */
export function htmlText(value: string): string {
  return oneLine(value).replace(/[^\p{L}\p{N}\s.,:/@-]/gu, htmlEntity);
}

/** By name where there is one: GitHub knows then that it does not belong to an address before it. */
const NAMED_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const htmlEntity = (character: string): string =>
  NAMED_ENTITIES[character] ?? `&#${character.codePointAt(0)};`;

/** A code span that no content can close, in a table or out of it. */
export function codeSpan(value: string): string {
  const content = oneLine(value);
  if (content === '') return '–';
  return /[`|\\]/.test(content) ? `<code>${htmlText(content)}</code>` : `\`${content}\``;
}

/** A code block whose fence is longer than any run of backticks within. */
export function codeBlock(lines: readonly string[], language = 'text'): string {
  const content = plainText(lines.join('\n'));
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${content}\n${ticks}`;
}

/** A link to an http(s) address; anything else is text. */
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

/** Cells are markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => ':--')), ...rows.map(line)].join('\n');
}

/** @param title HTML */
export function detailsBlock(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}
