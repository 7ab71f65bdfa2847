import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** File name → content; `undefined` takes the file away. */
export type Files = Readonly<Record<string, string | undefined>>;

/** A checkout as actions/checkout leaves it. */
export interface Workspace {
  readonly path: string;
  /** The full SHA of its last commit. */
  readonly sha: string;
  /** Changes files and commits them; `sha` is the new commit's from then on. */
  commit(files: Files, message?: string): Promise<string>;
  remove(): Promise<void>;
}

/** Nothing of the person's own git configuration, so that the same files give the same commit everywhere. */
const IDENTITY = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Mona',
  GIT_AUTHOR_EMAIL: 'mona@users.noreply.github.com',
  GIT_COMMITTER_NAME: 'Mona',
  GIT_COMMITTER_EMAIL: 'mona@users.noreply.github.com',
};

/**
 * Makes a folder with a git repository and one commit in it.
 *
 * @param from what it holds: a folder that is copied, files, or both (the files win)
 */
export async function workspace(from: {
  readonly folder?: string;
  readonly files?: Files;
}): Promise<Workspace> {
  const path = await mkdtemp(join(tmpdir(), 'checkout-'));
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, { cwd: path, env: { ...process.env, ...IDENTITY } });
    return stdout.trim();
  };
  if (from.folder !== undefined) await cp(from.folder, path, { recursive: true });
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://github.com/octo/shop');
  const commit = async (files: Files, message = 'Greet the visitor by name'): Promise<string> => {
    await writeFiles(path, files);
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', message);
    return await git('rev-parse', 'HEAD');
  };
  let sha = await commit(from.files ?? {}, 'Start the shop');
  return {
    path,
    get sha() {
      return sha;
    },
    async commit(files, message) {
      sha = await commit(files, message);
      return sha;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    if (content === undefined) {
      await rm(path, { recursive: true });
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (content.startsWith('#!')) await chmod(path, 0o755);
  }
}
