import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i;
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly repository?: string | { readonly url?: string };
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
  const manifest = await manifestIn(folder);
  const { name, version, license } = manifest;
  const own = await licenseTexts(folder);
  const texts = own.length > 0 ? own : await licenseTextsOfSibling(manifest, folder);
  if (texts.length === 0) throw new Error(`${name} ${version} (${license}) has no license text.`);
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}

const manifestIn = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));

async function licenseTexts(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((file) => LICENSE_FILE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim());
}

/** Some packages of a repository leave out the text that the others of the same scope bring: it is that of the repository. */
async function licenseTextsOfSibling(manifest: Manifest, folder: string): Promise<readonly string[]> {
  if (!manifest.name.startsWith('@') || manifest.repository === undefined) return [];
  for (const name of (await readdir(dirname(folder))).sort()) {
    const sibling = join(dirname(folder), name);
    const { license, repository } = await manifestIn(sibling);
    const isOfSameRepository = repositoryUrl(repository) === repositoryUrl(manifest.repository);
    if (license !== manifest.license || !isOfSameRepository) continue;
    const texts = await licenseTexts(sibling);
    if (texts.length > 0) return texts;
  }
  return [];
}

const repositoryUrl = (repository: Manifest['repository']): string | undefined =>
  typeof repository === 'object' ? repository.url : repository;
