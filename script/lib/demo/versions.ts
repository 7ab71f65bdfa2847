import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Files } from '../../../__tests__/support/workspace.ts';

export const SHOP = resolve(import.meta.dirname, '../../../examples/shop');

/** The next version of the shop: only its number differs, which gives the page another colour. */
export async function versionTwo(): Promise<Files> {
  return { 'package.json': await packageOf('2.0.0') };
}

/** A version whose tests pass, but which does not start: it reads a variable that is not set. A common mistake. */
export async function brokenVersion(): Promise<Files> {
  const server = await readFile(join(SHOP, 'server.js'), 'utf8');
  const line = "  const store = connect(process.env.DATABASE ?? 'db:6379');\n";
  if (!server.includes(line))
    throw new Error('server.js has changed, and the demo does not know where to break it.');
  return {
    'package.json': await packageOf('3.0.0'),
    'server.js': server.replace(
      line,
      `${line}  const payments = new URL(process.env.PAYMENTS_URL);\n  console.log(\`payments at \${payments.host}\`);\n`,
    ),
  };
}

async function packageOf(version: string): Promise<string> {
  const text = await readFile(join(SHOP, 'package.json'), 'utf8');
  return text.replace(/"version": ".*?"/, `"version": "${version}"`);
}
