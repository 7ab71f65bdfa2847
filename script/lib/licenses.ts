import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i;
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const LINE = '-'.repeat(80);

/**
 * The licenses of all packages that the bundled files come from, as one text, sorted by name.
 *
 * @param inputs paths of the bundled files, relative to `root`
 * @throws Error for a package without a license text, because it must not be shipped
 */
export async function licensesOf(inputs: readonly string[], root: string): Promise<string> {
  const folders = [...new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined))];
  const texts = await Promise.all(folders.map((folder) => licenseOf(join(root, folder))));
  // Two copies of one version, at two depths of node_modules, are one entry.
  return [...new Set(texts)].sort().join(`\n${LINE}\n\n`);
}

/** `node_modules/a/node_modules/@b/c/lib/d.js` → `node_modules/a/node_modules/@b/c` */
export function packageFolder(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

async function licenseOf(folder: string): Promise<string> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = manifest;
  const files = (await readdir(folder)).filter((file) => LICENSE_FILE.test(file)).sort();
  if (files.length === 0) throw new Error(`${name} ${version} (${license}) has no license text.`);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return `${name} ${version} (${license})\n\n${texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n')}\n`;
}
