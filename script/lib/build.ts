/**
 * Bundles src/ into dist/: one bundle for all actions with a short entry file for each, small ones for the post step and the command
 * line, and the licenses. What src/ imports with `import(…)` is a chunk of its own, `<name>-<hash>.js`, which Node loads only then. What
 * such a chunk shares with the bundle is in `chunk-<hash>.js`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { actionInputs } from './action-inputs.ts';
import { fromBundle, httpClientAtFirstUse, undiciAtFirstUse } from './first-use.ts';
import { licensesOf } from './licenses.ts';
import { requireBuiltins } from './required-builtins.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COMMANDS = {
  main: 'deliver',
  build: 'build',
  deploy: 'deploy',
  rollback: 'rollback',
  status: 'status',
  remove: 'remove',
  unlock: 'unlock',
  logs: 'logs',
  export: 'export',
  import: 'import',
  gate: 'gate',
};

/** Bundled packages in CommonJS call `require`, which an ES module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/** What the command line takes from the bundle of the actions. */
const FOR_CLI = [
  ['runAction', 'main'],
  ['askGit', 'run/git'],
  ['createProgramRunner', 'run/run-program'],
  ['createStepFolder, removeStepFolder', 'run/step-folder'],
  ['removeLeftFolders', 'run/left-folders'],
  ['userSshEnvironment', 'engine/ssh-process'],
  ['ConfigurationError, messageOf, SealiftError', 'model/errors'],
  ['formatBytes', 'model/bytes'],
  ['parseHostAddress', 'model/host-address'],
  ['nameInputsBy', 'model/input-ref'],
  ['asList, asObject, asText', 'model/json'],
  ['speakToTerminal', 'model/place-words'],
  ['joinWithAnd', 'model/text'],
  ['plainText', 'model/plain-text'],
  ['INPUTS, isDeclaredInput', 'inputs/declared-inputs'],
  ['didYouMean', 'inputs/did-you-mean'],
  ['giveInputs', 'inputs/reader'],
  ['reportTo', 'report/console'],
  ['reportJson', 'report/outputs'],
] as const;

/** A runner has Node 24; the command line also runs on the older ones that are still maintained, which lack two functions. */
const CLI = `#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(\`error: sealift needs Node 20 or later, and this is Node \${process.versions.node}.\`);
  process.exit(2);
}
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};
const { runCli } = await import('./command-line.js');
await runCli(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
`;

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  // Not 24, the runner's: the command line runs on it too.
  target: 'node20',
  charset: 'utf8',
  plugins: [undiciAtFirstUse, httpClientAtFirstUse, fromBundle, actionInputs],
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
    files: new Map(
      outputFiles.map(({ path, text }) => [basename(path), banner === '' ? text : requireBuiltins(text)]),
    ),
    inputs: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path),
  };
}

function entries(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, command] of Object.entries(COMMANDS)) {
    files.set(`${name}.js`, `import { runAction } from './sealift.js';\n\nawait runAction('${command}');\n`);
  }
  files.set('cli.js', CLI);
  return files;
}

/** What the other bundle lacks would be an error only when the command line starts. */
function requireExported(code: readonly string[]): void {
  const exported = new Set<string>(FOR_CLI.flatMap(([names]) => names.split(', ')));
  const imported = code.flatMap((each) => [
    ...each.matchAll(/^import \{ (.*) \} from "\.\/sealift\.js";$/gm),
  ]);
  const names = imported.flatMap(([, list = '']) =>
    list.split(', ').map((name) => name.split(' as ')[0] ?? ''),
  );
  const missing = new Set(names.filter((name) => !exported.has(name)));
  if (missing.size > 0) throw new Error(`FOR_CLI in script/lib/build.ts lacks ${[...missing].join(', ')}.`);
}

async function main(folder: string): Promise<void> {
  // A bundle for each action would put a copy of everything for each into dist.
  const exported = [
    "export { finishKilledStep } from './src/commands/finish.ts';",
    ...FOR_CLI.map(([names, path]) => `export { ${names} } from './src/${path}.ts';`),
  ];
  const sealift = await bundle('sealift', exported.join('\n'), REQUIRE);
  const post = await bundle('post', "import { post } from './src/post.ts';\n\nawait post();", '');
  const cli = await bundle('command-line', "export { runCli } from './src/cli/cli.ts';", REQUIRE);
  requireExported([...cli.files.values()]);
  const bundles = new Map([...sealift.files, ...post.files, ...cli.files]);
  const licenses = await licensesOf([...sealift.inputs, ...post.inputs, ...cli.inputs], ROOT);
  const files = new Map([...entries(), ...bundles, ['licenses.txt', licenses]]);
  // Remove files of an earlier build that this one does not write.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  const sizes = [...bundles].map(([name, code]) => `${name} ${(code.length / 1024).toFixed(1)} KB`);
  console.log(`${folder}: ${files.size} files, ${sizes.join(', ')}`);
}

await main(process.argv[2] ?? join(ROOT, 'dist'));
