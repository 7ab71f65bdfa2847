import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { licensesOf } from '../../script/lib/licenses.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'licenses-'));
});
afterEach(() => rm(root, { recursive: true }));

async function installed(folder: string, version: string, files: Record<string, string>): Promise<void> {
  const name = folder.replace(/.*node_modules\//, '');
  const manifest = JSON.stringify({ name, version, license: 'MIT' });
  await mkdir(join(root, folder), { recursive: true });
  for (const [file, text] of Object.entries({ 'package.json': manifest, ...files })) {
    await writeFile(join(root, folder, file), text);
  }
}

describe('licensesOf', () => {
  test('lists each bundled package once with version and license text, without files of this project', async () => {
    await installed('node_modules/plain', '1.0.0', { LICENSE: 'Plain terms.\r\n' });
    await installed('node_modules/plain/node_modules/@scope/deep', '2.0.0', {
      'license.md': 'Deep terms.',
      NOTICE: 'Deep notice.',
    });
    const inputs = [
      'src/main.ts',
      'node_modules/plain/lib/a.js',
      'node_modules/plain/lib/b.js',
      'node_modules/plain/node_modules/@scope/deep/index.js',
    ];
    expect(await licensesOf(inputs, root)).toBe(
      `@scope/deep 2.0.0 (MIT)\n\nDeep notice.\n\nDeep terms.\n\n${'-'.repeat(80)}\n\nplain 1.0.0 (MIT)\n\nPlain terms.\n`,
    );
  });

  test('takes the text of a package of the same repository for one that has none', async () => {
    const manifest = (name: string, repository: string) =>
      JSON.stringify({ name, version: '1.0.0', license: 'MIT', repository: { url: repository } });
    const add = (name: string, repository: string, files: Record<string, string> = {}) =>
      installed(`node_modules/${name}`, '1.0.0', { 'package.json': manifest(name, repository), ...files });
    await add('@scope/bare', 'git+https://example.com/one.git');
    await add('@scope/another', 'git+https://example.com/other.git', { LICENSE: 'Other terms.' });
    await expect(licensesOf(['node_modules/@scope/bare/index.js'], root)).rejects.toThrow(
      'has no license text.',
    );
    await add('@scope/sibling', 'git+https://example.com/one.git', { LICENSE: 'Terms.' });
    expect(await licensesOf(['node_modules/@scope/bare/index.js'], root)).toBe(
      '@scope/bare 1.0.0 (MIT)\n\nTerms.\n',
    );
  });

  test('fails for a package without a license text', async () => {
    await installed('node_modules/bare', '3.0.0', {});
    await expect(licensesOf(['node_modules/bare/index.js'], root)).rejects.toThrow(
      'bare 3.0.0 (MIT) has no license text.',
    );
  });
});
