import type { Engine } from '../engine/engine.ts';
import { allOrThrow } from '../run/promises.ts';
import { nameAfterRecreation } from './compose-labels.ts';
import type { HostObservation } from './host-context.ts';

/**
 * What was there before whoever has the lock belongs to a run that is gone. Nobody waits any more for the containers that it had for a
 * moment: they are removed. A container that Compose was recreating when it was killed gets its name, or goes while the former is there.
 */
export async function cleanUpKilledRun(
  engines: readonly Pick<Engine, 'host' | 'removeContainer' | 'renameContainer'>[],
  observations: readonly HostObservation[],
): Promise<void> {
  const engineOf = new Map(engines.map((engine) => [engine.host, engine]));
  await allOrThrow(
    observations.flatMap((observation) => {
      const engine = engineOf.get(observation.host.host);
      if (engine === undefined) return [];
      return [
        ...observation.temporary.map(({ id }) => engine.removeContainer(id, { force: true })),
        ...endRecreations(engine, observation),
      ];
    }),
  );
}

function endRecreations(
  engine: Pick<Engine, 'removeContainer' | 'renameContainer'>,
  { host: { foreignContainers = [] }, containers }: HostObservation,
): readonly Promise<void>[] {
  const own = new Set(containers.map(({ name }) => name));
  return containers.flatMap((each) => {
    const name = nameAfterRecreation(each);
    if (name === undefined || foreignContainers.includes(name)) return [];
    // Both have the same anonymous volumes.
    if (own.has(name)) return [engine.removeContainer(each.id, { force: true, keepVolumes: true })];
    return [engine.renameContainer(each.id, name)];
  });
}
