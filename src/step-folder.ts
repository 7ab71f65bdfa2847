import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';

/**
 * The folder of one step: sockets, files for `docker`. Private to it, gone after it. Its path is short, because the name of a
 * socket may have no more than 107 characters; and it is known to `post`, should the step be killed.
 */
const STATE = 'folder';

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-'));
  core.saveState(STATE, folder);
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** The folder of the step that this `post` belongs to. */
export function folderOfStep(): string | undefined {
  return core.getState(STATE) || undefined;
}
