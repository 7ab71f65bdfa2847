/** Bundles src/ into dist/: one bundle, an entry of a few lines for each door the runner knocks at, the licenses. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
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

async function bundle(): Promise<{ code: string; licenses: string }> {
  const { outputFiles, metafile } = await build({
    // Both doors in one bundle: one bundle for each action would put five copies of everything into dist.
    stdin: {
      contents: "export { run } from './src/main.ts';\nexport { post } from './src/post.ts';",
      resolveDir: ROOT,
      sourcefile: 'sealift.ts',
    },
    absWorkingDir: ROOT,
    outfile: 'dist/sealift.js',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    charset: 'utf8',
    plugins: [undiciAtFirstUse],
    banner: { js: REQUIRE },
    // Not minified: it starts as fast, and whoever runs this with their keys can read it.
    legalComments: 'inline',
    metafile: true,
    write: false,
  });
  const code = outputFiles.map((file) => file.text).join('');
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const bundled = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  return { code, licenses: await licensesOf(bundled, ROOT) };
}

function entries(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, command] of Object.entries(COMMANDS)) {
    files.set(`${name}.js`, `import { run } from './sealift.js';\n\nawait run('${command}');\n`);
  }
  return files.set('post.js', "import { post } from './sealift.js';\n\nawait post();\n");
}

async function main(folder: string): Promise<void> {
  const { code, licenses } = await bundle();
  const files = entries().set('sealift.js', code).set('licenses.txt', licenses);
  // Whatever an earlier build left there and this one does not make must go.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  console.log(`${folder}: ${files.size} files, sealift.js ${Math.round(code.length / 1024)} KB`);
}

await main(process.argv[2] ?? join(ROOT, 'dist'));
