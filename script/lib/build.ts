/**
 * Bundles src/ into dist/: one bundle for all actions with a short entry file for each, a small one for the post step, and
 * the licenses. What src/ imports with `import(…)` is a chunk of its own, `<name>-<hash>.js`, which Node loads only then. What
 * such a chunk shares with the bundle is in `chunk-<hash>.js`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { actionInputs } from './action-inputs.ts';
import { httpClientAtFirstUse, locksFromBundle, undiciAtFirstUse } from './first-use.ts';
import { licensesOf } from './licenses.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COMMANDS = {
  main: 'deliver',
  build: 'build',
  deploy: 'deploy',
  rollback: 'rollback',
  status: 'status',
  remove: 'remove',
  gate: 'gate',
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
  plugins: [undiciAtFirstUse, httpClientAtFirstUse, locksFromBundle, actionInputs],
  // Not minified: it starts as fast, and people who give it their keys can read it.
  legalComments: 'inline',
  metafile: true,
  write: false,
} as const satisfies BuildOptions;

interface Bundle {
  /** The code by the name of its file: the bundle and its chunks. */
  readonly files: ReadonlyMap<string, string>;
  /** The source files in them. */
  readonly inputs: readonly string[];
}

async function bundle(name: string, contents: string, banner: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    stdin: { contents, resolveDir: ROOT, sourcefile: `${name}.ts` },
    outdir: 'dist',
    entryNames: name,
    splitting: true,
    chunkNames: '[name]-[hash]',
    banner: { js: banner },
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return {
    files: new Map(outputFiles.map(({ path, text }) => [basename(path), text])),
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
  // A bundle for each action would put a copy of everything for each into dist.
  const exported = [
    "export { runAction } from './src/main.ts';",
    "export { releaseLocks } from './src/release-locks.ts';",
  ];
  const sealift = await bundle('sealift', exported.join('\n'), REQUIRE);
  const post = await bundle('post', "import { post } from './src/post.ts';\n\nawait post();", '');
  const bundles = new Map([...sealift.files, ...post.files]);
  const licenses = await licensesOf([...sealift.inputs, ...post.inputs], ROOT);
  const files = new Map([...entries(), ...bundles, ['licenses.txt', licenses]]);
  // Remove files of an earlier build that this one does not write.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  const sizes = [...bundles].map(([name, code]) => `${name} ${(code.length / 1024).toFixed(1)} KB`);
  console.log(`${folder}: ${files.size} files, ${sizes.join(', ')}`);
}

await main(process.argv[2] ?? join(ROOT, 'dist'));
