import { FOLDER, removeFolder } from './step-folder.ts';

/**
 * The door that the runner knocks at when the job ends, however it ends: nothing of the step stays on the runner. It is knocked
 * at in every job, so it loads nothing: what a step saved stands in the environment of its `post`.
 */
export async function post(): Promise<void> {
  const folder = process.env[`STATE_${FOLDER}`];
  if (folder !== undefined && folder !== '') await removeFolder(folder);
}
