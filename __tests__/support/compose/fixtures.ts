/** Compose files as people have them, and what the official CLI made of each: recorded, so that unit tests need no CLI. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ComposeSource } from '../../../src/model/deploy-options.ts';
import type { Log } from '../../../src/model/log.ts';
import { type ResolvedCompose, resolveCompose } from '../../../src/release/compose/resolve.ts';
import { runProgram } from '../run-program.ts';

const FOLDER = resolve(import.meta.dirname, '../../fixtures/compose');
/** Stands for the checkout in recorded files. */
const CHECKOUT = '/checkout';

export const APP = { app: 'shop', environment: 'production' } as const;
export const REPOSITORY = 'registry.test/shop';

/** What a job's environment holds: what may be passed on, and what may not. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: '/home/runner',
  PASSED_ON: 'from the job',
  TOKEN: 'token of the job',
  GITHUB_TOKEN: 'never seen',
  INPUT_ENV: 'never seen',
  ACTIONS_RUNTIME_TOKEN: 'never seen',
  STATE_KEY: 'never seen',
};

export const folderOf = (name: string): string => join(FOLDER, name);
export const recordOf = (name: string): string => join(FOLDER, name, 'resolved.json');

export function sourceOf(given: Partial<ComposeSource> = {}): ComposeSource {
  return {
    files: ['compose.yaml'],
    variables: new Map(),
    port: undefined,
    volumes: [],
    domains: new Map(),
    ...given,
  };
}

/** A log that remembers. */
export function remembered(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
  };
  return { lines, info: keep, notice: keep, warning: keep, debug: () => undefined };
}

/** Resolves files by the real CLI, found on `path`. */
export function resolveIn(
  folder: string,
  source: ComposeSource,
  path: string,
  more: { readonly environment?: Readonly<Record<string, string>>; readonly log?: Log } = {},
): Promise<ResolvedCompose> {
  const environment = { ...ENVIRONMENT, PATH: path, GITHUB_WORKSPACE: folder, ...more.environment };
  const step = { run: runProgram, log: more.log ?? remembered(), folder };
  return resolveCompose(source, APP, REPOSITORY, folder, step, environment);
}

/** Resolves files in a folder of their own, which is gone after. */
export async function resolveFiles(
  files: Readonly<Record<string, string>>,
  path: string,
  source?: Partial<ComposeSource>,
  more?: Parameters<typeof resolveIn>[3],
): Promise<ResolvedCompose> {
  const folder = await mkdtemp(join(tmpdir(), 'compose-'));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await resolveIn(folder, sourceOf(source), path, more);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A resolved fixture as text, without the path of this checkout. */
export function asRecord(resolved: ResolvedCompose, name: string): string {
  const plain = { ...resolved, contents: Object.fromEntries(resolved.contents) };
  return `${JSON.stringify(plain, null, 2).replaceAll(folderOf(name), CHECKOUT).replaceAll(FOLDER, '/fixtures')}\n`;
}

export function parseRecord(record: string): ResolvedCompose {
  const { contents, ...resolved } = JSON.parse(record);
  return { ...resolved, contents: new Map(Object.entries(contents)) };
}

/** What was recorded of a fixture. */
export function recorded(name: string): ResolvedCompose {
  return parseRecord(readFileSync(recordOf(name), 'utf8'));
}
