import type { Engine } from '../engine/engine.ts';
import { allOrThrow } from '../run/promises.ts';
import type { HostObservation } from './host-context.ts';

/**
 * Removes the containers that runs have for a moment. Whoever has the lock knows that those which were there before belong to a run
 * that is gone: nobody waits for them any more.
 */
export async function removeTemporaryContainers(
  engines: readonly Pick<Engine, 'host' | 'removeContainer'>[],
  observations: readonly HostObservation[],
): Promise<void> {
  await allOrThrow(
    observations.flatMap(({ host: { host }, temporary }) =>
      engines
        .filter((engine) => engine.host === host)
        .flatMap((engine) => temporary.map(({ id }) => engine.removeContainer(id, { force: true }))),
    ),
  );
}
