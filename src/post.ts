import { folderOfStep, removeFolder } from './step-folder.ts';

/** The door that the runner knocks at when the job ends, however it ends: nothing of the step stays on the runner. */
export async function post(): Promise<void> {
  const folder = folderOfStep();
  if (folder !== undefined) await removeFolder(folder);
}
