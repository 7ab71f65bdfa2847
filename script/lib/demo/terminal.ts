import type { LogLine } from '../../../__tests__/support/runner/log.ts';

/** Colours for a terminal and a CI log; plain text for a file, or with NO_COLOR. */
const coloured =
  process.env['NO_COLOR'] === undefined && (process.stdout.isTTY || process.env['CI'] !== undefined);
const paint =
  (code: string) =>
  (text: string): string =>
    coloured ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** A new section. */
export function heading(text: string): void {
  say();
  say(bold(cyan(`━━ ${text} ${'━'.repeat(Math.max(4, 96 - text.length))}`)));
  say();
}

/** A line of the log of a job, as GitHub shows it. */
export function logLine({ kind, text, group }: LogLine): void {
  const indent = group === undefined || kind === 'group' ? '  ' : '    ';
  // BuildKit's progress is full of empty lines.
  if (kind === 'debug' || text === '') return;
  if (kind === 'group') say(`${indent}${bold(`▾ ${text}`)}`);
  else if (kind === 'error') say(`${indent}${red(`✗ ${text}`)}`);
  else if (kind === 'warning') say(`${indent}${yellow(`! ${text}`)}`);
  else if (kind === 'notice') say(`${indent}${cyan(`i ${text}`)}`);
  else say(`${indent}${group === undefined ? text : dim(text)}`);
}

/** A job summary, in the Markdown for GitHub. */
export function summary(markdown: string): void {
  say();
  say(dim('  ┌─ the job summary'));
  for (const line of markdown.trimEnd().split('\n')) say(`${dim('  │')} ${line}`);
  say(dim('  └─'));
}

/** A table whose columns fit their content. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ');
  say(`  ${bold(line(heads))}`);
  say(`  ${dim(widths.map((width) => '─'.repeat(width)).join('   '))}`);
  for (const row of rows) say(`  ${line(row)}`);
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
