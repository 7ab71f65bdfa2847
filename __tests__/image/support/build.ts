import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommitContext } from '../../../src/image/commit-context.ts';
import type { ImageContext } from '../../../src/image/image-context.ts';
import { loginToRegistries } from '../../../src/image/login.ts';
import type { Credentials, RegistryCredentials } from '../../../src/model/credentials.ts';
import type { BuildImageSource, BuildOptions } from '../../../src/model/image-source.ts';
import type { Log } from '../../../src/model/log.ts';
import { registryOf } from '../../../src/model/registry.ts';
import type { RunProgram } from '../../../src/model/step-context.ts';
import { runProgram } from '../../support/run-program.ts';

/** A log that remembers. */
export interface Remembered extends Log {
  readonly lines: string[];
  readonly text: () => string;
}

export function remember(): Remembered {
  const lines: string[] = [];
  const add = (line: string): void => {
    lines.push(line);
  };
  return { lines, text: () => lines.join('\n'), info: add, notice: add, warning: add, debug: add };
}

/** The defaults of action.yml, as `inputs.test.ts` checks. */
export const OPTIONS: BuildOptions = {
  context: '.',
  file: undefined,
  target: undefined,
  buildArgs: [],
  buildSecrets: [],
  platforms: [],
  labels: [],
  cacheFrom: [],
  cacheTo: [],
  provenance: undefined,
  sbom: undefined,
  pull: false,
  noCache: false,
  addHosts: [],
  buildContexts: [],
  tags: [],
  tests: new Map(),
  rebuild: false,
  attest: false,
};

/** What the input `image` with this repository gives. */
export const buildSource = (repository: string, options: BuildOptions = OPTIONS): BuildImageSource => ({
  kind: 'build',
  repository,
  isRepositoryGiven: true,
  options,
  transfer: 'registry',
});

/** The login for the registry of a repository. */
export const loginFor = (repository: string, login: Credentials | undefined): RegistryCredentials => ({
  logins: login === undefined ? [] : [{ registry: registryOf(repository), ...login }],
  unnamed: undefined,
  token: undefined,
});

export const COMMIT: CommitContext = {
  sha: '0123456789abcdef0123456789abcdef01234567',
  committedAt: '2026-03-02T08:30:00Z',
  ref: 'refs/heads/main',
  event: 'push',
  pullRequest: undefined,
  repository: 'octo/shop',
  source: 'https://github.com/octo/shop',
  actor: 'mona',
  runUrl: 'https://github.com/octo/shop/actions/runs/1',
  note: undefined,
};

/** A checkout, and the context of a step in it. */
export interface Bench {
  readonly workspace: string;
  /** The step's own folder. */
  readonly folder: string;
  readonly log: Remembered;
  /** Programs that were run, with their arguments. */
  readonly calls: string[];
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Logs in and gives everything a build needs. */
  shop(login: Credentials | undefined, repository: string): Promise<ImageContext>;
  remove(): Promise<void>;
}

/**
 * @param environment of the job; HOME is an empty folder, so that nothing of the person who runs the tests is used
 * @param around done instead of running a program, if it wants to
 */
export async function bench(
  environment: Readonly<Record<string, string>>,
  around: (program: string, args: readonly string[]) => Promise<void> = async () => undefined,
): Promise<Bench> {
  const top = await mkdtemp(join(tmpdir(), 'image-'));
  const [workspace, folder, home] = ['checkout', 'step', 'home'].map((name) => join(top, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([workspace, folder, home].map((path) => mkdir(path)));
  const log = remember();
  const calls: string[] = [];
  const recorded: RunProgram = async (program, args, options) => {
    calls.push([program, ...args].join(' '));
    await around(program, args);
    return await runProgram(program, args, options);
  };
  return {
    workspace,
    folder,
    log,
    calls,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(workspace, name)), { recursive: true });
        await writeFile(join(workspace, name), content);
      }
    },
    async shop(login, repository) {
      const step = { run: recorded, log, folder };
      const retryPolicy = { attempts: 5, firstWait: 20, longestWait: 100 };
      const config = await loginToRegistries(loginFor(repository, login), [repository], step, {
        environment: { HOME: home, ...environment },
        retryPolicy,
      });
      return { ...step, environment: config.environment, workspace, retryPolicy, signal: undefined };
    },
    remove: () => rm(top, { recursive: true, force: true }),
  };
}
