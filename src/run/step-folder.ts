import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordOwner } from './folder-owner.ts';

/** The runner keeps the folder's path under this name for `post`, in case the step is killed. */
export const STEP_FOLDER_STATE = 'folder';

/**
 * The folder of one step: sockets, files for `docker`. Private to it, gone after it. Its path is short, because the name of a
 * socket may have no more than 107 characters.
 */
export async function createStepFolder(name: 'sealift-' | 'sealift-init-' = 'sealift-'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), name));
  await recordOwner(folder);
  return folder;
}

/** Removes a folder with all that is in it; one that is gone is fine. */
export async function removeStepFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
