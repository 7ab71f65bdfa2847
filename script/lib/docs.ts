/** script/docs: rewrites the tables of the READMEs; with `--check` only says which of them are not up to date. */
import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { outdatedReadmes } from './action-docs.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const outdated = await outdatedReadmes(ROOT);
for (const [path, text] of outdated) {
  if (process.argv.includes('--check')) {
    console.error(`${relative(ROOT, path)} does not say what its action.yml says. Run script/docs.`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`${relative(ROOT, path)}: written.`);
  }
}
if (outdated.size === 0) console.log('The tables of the READMEs are up to date.');
