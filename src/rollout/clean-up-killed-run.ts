import type { Engine } from '../engine/engine.ts';
import { allOrThrow } from '../run/promises.ts';
import type { HostObservation } from './host-context.ts';

/** `docker compose` makes the new container of a recreated service under this name, and renames it when the former is gone. */
const RECREATED_NAME = /^[0-9a-f]{12}_(.+)$/;

/**
 * What was there before whoever has the lock belongs to a run that is gone. Nobody waits any more for the containers that it had for a
 * moment: they are removed. Those that Compose was recreating when it was killed get their own names.
 */
export async function cleanUpKilledRun(
  engines: readonly Pick<Engine, 'host' | 'removeContainer' | 'renameContainer'>[],
  observations: readonly HostObservation[],
): Promise<void> {
  const engineOf = new Map(engines.map((engine) => [engine.host, engine]));
  await allOrThrow(
    observations.flatMap((observation) => {
      const engine = engineOf.get(observation.host.host);
      return [
        ...observation.temporary.map(({ id }) => engine?.removeContainer(id, { force: true })),
        ...interruptedRenames(observation).map(({ id, name }) => engine?.renameContainer(id, name)),
      ];
    }),
  );
}

function interruptedRenames({
  host: { foreignContainers = [] },
  containers,
}: HostObservation): readonly { readonly id: string; readonly name: string }[] {
  const taken = new Set([...foreignContainers, ...containers.map(({ name }) => name)]);
  return containers.flatMap((each) => {
    const name = RECREATED_NAME.exec(each.name)?.[1];
    return name === undefined || taken.has(name) ? [] : [{ id: each.id, name }];
  });
}
