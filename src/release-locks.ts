import { connect } from './engine/connect.ts';
import { readRequest } from './inputs/request.ts';
import { messageOf } from './model/errors.ts';
import type { Command, Destination } from './model/request.ts';
import type { StepContext } from './model/step-context.ts';
import { consoleLog, currentReporter } from './report/console.ts';
import type { SavedLock } from './run/lock-state.ts';
import { createProgramRunner } from './run/run-program.ts';
import { createStepFolder, removeStepFolder } from './run/step-folder.ts';

/** Removes the locks of a step that was killed, so that the next run need not wait until they expire. A failure is only logged. */
export async function releaseLocks(locks: readonly SavedLock[]): Promise<void> {
  const folder = await createStepFolder();
  const step: StepContext = { run: createProgramRunner(consoleLog), log: consoleLog, folder };
  try {
    await Promise.all(locks.map((lock) => releaseLock(lock, step)));
  } finally {
    await removeStepFolder(folder);
  }
}

async function releaseLock({ command, host, containerId }: SavedLock, step: StepContext): Promise<void> {
  try {
    const destination = destinationOf(command);
    const address = destination?.hosts.find(({ name }) => name === host);
    if (destination === undefined || address === undefined) return;
    await using engine = await connect(address, destination.access, step);
    await engine.removeContainer(containerId);
    step.log.info(`${host}: this step was killed. Its lock is removed.`);
  } catch (error) {
    step.log.info(`${host}: this step was killed. Its lock expires by itself. (${messageOf(error)})`);
  }
}

function destinationOf(command: string): Destination | undefined {
  const { request } = readRequest(command as Command, currentReporter().mask);
  return 'destination' in request && 'hosts' in request.destination ? request.destination : undefined;
}
