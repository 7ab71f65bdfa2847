import { userSshEnvironment } from '../engine/ssh-process.ts';
import type { RunProgram } from '../model/step-context.ts';
import { createProgramRunner } from '../run/run-program.ts';
import { createStepFolder, removeStepFolder } from '../run/step-folder.ts';

/** What `init` works with: the user's own programs, and a folder of its own until the end of the scope. */
export interface WorkFolder extends AsyncDisposable {
  readonly folder: string;
  readonly run: RunProgram;
  readonly env: Readonly<Record<string, string>>;
}

export async function openWorkFolder(): Promise<WorkFolder> {
  const folder = await createStepFolder('sealift-init-');
  return {
    folder,
    run: createProgramRunner(),
    env: userSshEnvironment(),
    [Symbol.asyncDispose]: () => removeStepFolder(folder),
  };
}
