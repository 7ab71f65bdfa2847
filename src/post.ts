import { existsSync } from 'node:fs';
import { endLeftPrograms } from './run/left-programs.ts';
import { locksLeft } from './run/lock-state.ts';
import { removeStepFolder, STEP_FOLDER_STATE } from './run/step-folder.ts';

/**
 * The entry point at the end of every job, however it ended: removes what the step left on the runner, and finishes what it left
 * on hosts if it was killed. It runs in every job, so it loads nothing else unless there are locks. The runner passes what the step
 * saved as `STATE_…`.
 */
export async function post(): Promise<void> {
  const folder = process.env[`STATE_${STEP_FOLDER_STATE}`];
  const locks = locksLeft(process.env);
  if (folder !== undefined && folder !== '') {
    // A step that ended by itself has removed it, and has ended its programs.
    if (existsSync(folder)) await endLeftPrograms(folder);
    await removeStepFolder(folder);
  }
  if (locks.length === 0) return;
  const { finishKilledStep } = await import('./commands/finish.ts');
  await finishKilledStep(locks);
}
