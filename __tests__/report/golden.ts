import { readFile, writeFile } from 'node:fs/promises';
import { expect } from '@jest/globals';

/**
 * Compares a text with a file of __tests__/fixtures. The sentences of the log and the summary are in these files only. When
 * they change, write the files again and read them: UPDATE_FIXTURES=1 npm test -- __tests__/report
 */
export async function expectGolden(path: string, text: string): Promise<void> {
  const file = new URL(`../fixtures/${path}`, import.meta.url);
  if (process.env['UPDATE_FIXTURES'] === '1') await writeFile(file, text);
  expect(text).toBe(await readFile(file, 'utf8'));
}

/** Texts by title, as one golden file. */
export const sections = (texts: readonly (readonly [title: string, lines: readonly string[]])[]): string =>
  texts.map(([title, lines]) => `# ${title}\n${lines.map((line) => `${line}\n`).join('')}`).join('\n');
