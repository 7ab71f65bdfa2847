import type { ContainerDetails, ContainerSummary, Engine } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';

/** The details of listed containers. One that has gone since it was listed is left out: it is no longer there. */
export async function inspectAll(
  engine: Pick<Engine, 'inspectContainer'>,
  containers: readonly Pick<ContainerSummary, 'id'>[],
): Promise<readonly ContainerDetails[]> {
  const found = await Promise.all(
    containers.map(async ({ id }) => {
      try {
        return await engine.inspectContainer(id);
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    }),
  );
  return found.filter((details) => details !== undefined);
}
