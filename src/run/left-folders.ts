import { lstat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOwnerGone } from './folder-owner.ts';
import { endLeftPrograms } from './left-programs.ts';
import { removeStepFolder } from './step-folder.ts';

/** As `mkdtemp` names them. */
const NAME = /^sealift-(?:init-)?\w{6}$/;

/**
 * Removes the folders of runs of this user that were killed (SIGKILL) on this machine: they hold logins. Ends the programs that such a run has
 * left. In a job the post step does both. Whatever fails stays as it is: nothing depends on it.
 */
export async function removeLeftFolders(parent: string = tmpdir()): Promise<void> {
  const names = await readdir(parent).catch((): string[] => []);
  for (const name of names.filter((each) => NAME.test(each))) {
    const folder = join(parent, name);
    try {
      if (!(await isPrivateFolder(folder)) || !(await isOwnerGone(folder))) continue;
      await endLeftPrograms(folder);
      await removeStepFolder(folder);
    } catch {
      // Another run removes it too.
    }
  }
}

/** No link, of this user, and nobody else may have written in it. */
async function isPrivateFolder(path: string): Promise<boolean> {
  const found = await lstat(path);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}
