import { connect } from '../engine/connect.ts';
import { messageOf } from '../model/errors.ts';
import type { Destination } from '../model/request.ts';
import type { StepContext } from '../model/step-context.ts';
import type { SavedLock } from '../run/lock-state.ts';

/** Removes the locks of a step that was killed, so that the next run need not wait until they expire. A failure is only logged. */
export async function releaseLocks(
  destination: Destination,
  locks: readonly SavedLock[],
  step: StepContext,
): Promise<void> {
  await Promise.all(
    locks.map(async ({ host, containerId }) => {
      const address = destination.hosts.find(({ name }) => name === host);
      if (address === undefined) return;
      try {
        await using engine = await connect(address, destination.access, step);
        await engine.removeContainer(containerId);
        step.log.info(`${host}: this step was cut short. Its lock is removed.`);
      } catch (error) {
        step.log.info(`${host}: this step was cut short. Its lock expires by itself. (${messageOf(error)})`);
      }
    }),
  );
}
