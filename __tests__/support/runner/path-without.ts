import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PATH that has everything but one program. */
export interface PathWithout extends AsyncDisposable {
  readonly path: string;
}

/** Folders that have the program are replaced by links to all else that is in them. */
export async function pathWithout(program: string, path: string): Promise<PathWithout> {
  const root = await mkdtemp(join(tmpdir(), 'path-'));
  const folders = path.split(':').map(async (folder, index) => {
    if (!existsSync(join(folder, program))) return folder;
    const links = join(root, String(index));
    await mkdir(links);
    const others = (await readdir(folder)).filter((name) => name !== program);
    await Promise.all(others.map((name) => symlink(join(folder, name), join(links, name))));
    return links;
  });
  return {
    path: (await Promise.all(folders)).join(':'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}
