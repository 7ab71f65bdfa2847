/** script/screenshots: pictures of job summaries as GitHub shows them, made from the golden files of the tests. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { missingPrograms, takeScreenshot } from '../../__tests__/support/github-page.ts';
import { SUMMARY_PICTURES, SUMMARY_SOURCES } from '../../__tests__/support/summary-pictures.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const missing = await missingPrograms();
if (missing.length > 0) {
  console.error(
    `${missing.join(' and ')} can't be run. On Debian, script/screenshots --install installs all that is needed.`,
  );
  process.exit(1);
}
const sources: Record<string, string> = {};
await mkdir(resolve(ROOT, 'docs/summaries'), { recursive: true });
for (const [picture, golden] of Object.entries(SUMMARY_PICTURES)) {
  const text = await readFile(resolve(ROOT, golden), 'utf8');
  await takeScreenshot(text, resolve(ROOT, picture));
  sources[picture] = createHash('sha256').update(text).digest('hex');
  console.log(`${picture}: taken.`);
}
await writeFile(resolve(ROOT, SUMMARY_SOURCES), `${JSON.stringify(sources, undefined, 2)}\n`);
