/**
 * Bundles src/ into dist/: one bundle for all actions with a short entry file for each, a small one for the post step, and
 * the licenses.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { actionInputs } from './action-inputs.ts';
import { licensesOf } from './licenses.ts';
import { undiciAtFirstUse } from './undici.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COMMANDS = {
  main: 'deliver',
  build: 'build',
  deploy: 'deploy',
  rollback: 'rollback',
  status: 'status',
};

/** Bundled packages in CommonJS call `require`, which an ES module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  charset: 'utf8',
  plugins: [undiciAtFirstUse, actionInputs],
  // Not minified: it starts as fast, and people who give it their keys can read it.
  legalComments: 'inline',
  metafile: true,
  write: false,
} as const satisfies BuildOptions;

interface Bundle {
  readonly code: string;
  /** The files that it contains. */
  readonly inputs: readonly string[];
}

async function bundle(name: string, contents: string, banner: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    stdin: { contents, resolveDir: ROOT, sourcefile: `${name}.ts` },
    outfile: `dist/${name}.js`,
    banner: { js: banner },
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return {
    code: outputFiles.map((file) => file.text).join(''),
    inputs: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path),
  };
}

function entries(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, command] of Object.entries(COMMANDS)) {
    files.set(`${name}.js`, `import { runAction } from './sealift.js';\n\nawait runAction('${command}');\n`);
  }
  return files;
}

async function main(folder: string): Promise<void> {
  // A bundle for each action would put five copies of everything into dist.
  const sealift = await bundle('sealift', "export { runAction } from './src/main.ts';", REQUIRE);
  const post = await bundle('post', "import { post } from './src/post.ts';\n\nawait post();", '');
  const files = entries()
    .set('sealift.js', sealift.code)
    .set('post.js', post.code)
    .set('licenses.txt', await licensesOf([...sealift.inputs, ...post.inputs], ROOT));
  // Remove files of an earlier build that this one does not write.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  const sizes = [sealift, post].map(({ code }) => (code.length / 1024).toFixed(1));
  console.log(`${folder}: ${files.size} files, sealift.js ${sizes[0]} KB, post.js ${sizes[1]} KB`);
}

await main(process.argv[2] ?? join(ROOT, 'dist'));
