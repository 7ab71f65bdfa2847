import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import { createStepFolder } from '../run/step-folder.ts';

/** A socket's path has at most 107 bytes, and ssh appends 17 to that of a control socket while it creates it. */
const MAX_FOLDER_LENGTH = 75;

/** A directory for sockets, in the step's directory, or where paths are shorter. */
export async function privateFolder(parent: string): Promise<string> {
  const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_FOLDER_LENGTH;
  const folder = fits(join(parent, 'hXXXXXX')) ? await mkdtemp(join(parent, 'h')) : await createStepFolder();
  if (fits(folder)) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The path of the directory for temporary files is too long for a socket: ${folder}. Set TMPDIR to a shorter one.`,
  );
}
