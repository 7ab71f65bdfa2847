import { stateVolume } from '../edge/layout.ts';
import { isOlderVersion } from '../engine/api-version.ts';
import type { Engine } from '../engine/engine.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import { asList, mapValues } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import { requiredEdgeFingerprint } from './edge-actions.ts';
import { writeState } from './state-store.ts';

/**
 * A volume that no container has is taken by `docker volume prune --all`, and `docker container prune` takes the container of the records.
 * The edge runs and has the volume. Where a release has no edge, its own containers have an empty folder of the volume instead.
 */

/** A folder of the volume, and where containers have it. */
const FOLDER = 'in-use';
const MOUNT = '/run/sealift-records';
const NOTE = 'This folder is mounted by running containers, so that no prune takes the volume.\n';
/** A folder of a volume can be mounted since this version of the API (Engine 26). */
const API_WITH_SUBPATH = '1.45';

/** The project of a release, whose containers keep the records of the app from being pruned. */
export async function withRecordsHeld(
  engine: Engine,
  release: Release,
  config: ComposeConfig,
): Promise<ComposeConfig> {
  if (requiredEdgeFingerprint(release) !== undefined) return config;
  const { apiVersion } = await engine.version();
  if (isOlderVersion(apiVersion, API_WITH_SUBPATH)) return config;
  await writeState(engine, release, { file: `${FOLDER}/README`, content: NOTE });
  const source = 'sealift-records';
  const mount = {
    ...{ type: 'volume', source, target: MOUNT, read_only: true },
    volume: { nocopy: true, subpath: FOLDER },
  };
  return {
    ...config,
    volumes: { ...config.volumes, [source]: { name: stateVolume(release), external: true } },
    services: mapValues(config.services, (service) => ({
      ...service,
      volumes: [...asList(service['volumes']), mount],
    })),
  };
}
