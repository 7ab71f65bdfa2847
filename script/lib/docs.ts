/**
 * script/docs: writes the tables of the READMEs, and the types of inputs for src/. With `--check` it only reports which
 * files are out of date.
 */
import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { outdatedFiles } from './action-docs.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const outdated = await outdatedFiles(ROOT);
for (const [path, text] of outdated) {
  if (process.argv.includes('--check')) {
    console.error(`${relative(ROOT, path)} does not match its action.yml. Run script/docs.`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`${relative(ROOT, path)}: written.`);
  }
}
if (outdated.size === 0) console.log('The READMEs and the types match the action.yml files.');
