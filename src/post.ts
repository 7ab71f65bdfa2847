import { removeStepFolder, STEP_FOLDER_STATE } from './step-folder.ts';

/**
 * The door that the runner knocks at when the job ends, however it ends: nothing of the step stays on the runner. It is knocked
 * at in every job, so it loads nothing: what a step saved stands in the environment of its `post`.
 */
export async function post(): Promise<void> {
  const folder = process.env[`STATE_${STEP_FOLDER_STATE}`];
  if (folder !== undefined && folder !== '') await removeStepFolder(folder);
}
