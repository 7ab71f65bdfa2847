import { locksLeft } from './run/lock-state.ts';
import { removeStepFolder, STEP_FOLDER_STATE } from './run/step-folder.ts';

/**
 * The entry point at the end of every job, however it ended: removes what the step left on the runner, and the locks that it left
 * on hosts if it was killed. It runs in every job, so it loads nothing else unless there are locks. The runner passes what the step
 * saved as `STATE_…`.
 */
export async function post(): Promise<void> {
  const folder = process.env[`STATE_${STEP_FOLDER_STATE}`];
  if (folder !== undefined && folder !== '') await removeStepFolder(folder);
  const locks = locksLeft(process.env);
  if (locks.length === 0) return;
  const { releaseLocks } = await import('./release-locks.ts');
  await releaseLocks(locks);
}
