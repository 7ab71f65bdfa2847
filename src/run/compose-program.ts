import { access, constants, open, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { asObject, asStrings } from '../model/json.ts';
import type { RunOptions, RunResult, StepContext } from '../model/step-context.ts';

/** Where `docker` looks for plugins after its own folder (docker/cli, cli-plugins/manager/manager_unix.go). */
const SYSTEM_FOLDERS = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
];

/**
 * Compose itself, where `docker compose` would find it: `docker` starts it twice, first for its version, and that takes longer than
 * Compose's own work (measured: 119 against 40 ms of CPU for `config`).
 * @returns `undefined` if `docker` must be started: it is missing, or a script that may do something of its own
 */
export async function findComposeProgram(
  environment: Readonly<Record<string, string | undefined>>,
  systemFolders: readonly string[] = SYSTEM_FOLDERS,
): Promise<string | undefined> {
  if (!(await isDockerItself(environment))) return undefined;
  const { DOCKER_CONFIG: named, HOME: home } = environment;
  const own = named || join(home || homedir(), '.docker');
  for (const folder of [...(await extraFolders(own)), join(own, 'cli-plugins'), ...systemFolders]) {
    const program = join(folder, 'docker-compose');
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

/** Runs `docker compose` with these arguments. */
export async function runComposeProgram(
  { run }: Pick<StepContext, 'run'>,
  args: readonly string[],
  options: RunOptions & { readonly env: Readonly<Record<string, string>> },
): Promise<RunResult> {
  const program = await findComposeProgram(options.env);
  if (program === undefined) return await run('docker', ['compose', ...args], options);
  return await run(program, args, { ...options, shownAs: 'docker compose' });
}

/** None for a file that is missing or no JSON: `docker` says what is wrong with it. */
async function extraFolders(folder: string): Promise<readonly string[]> {
  const json = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}');
  try {
    return asStrings(asObject(JSON.parse(json))['cliPluginsExtraDirs']);
  } catch {
    return [];
  }
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Whether the first `docker` of PATH is a program and no script, such as that of Podman. */
async function isDockerItself({ PATH = '' }: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  for (const folder of PATH.split(delimiter).filter(Boolean)) {
    const path = join(folder, 'docker');
    if (await isExecutable(path)) return (await firstBytes(path)) !== '#!';
  }
  return false;
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await file.close();
  }
}
