import { APP_VOLUME_MOUNT, stateVolume } from '../edge/layout.ts';
import { ensureStateVolume } from '../edge/networks.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { ConfigurationError } from '../model/errors.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/release.ts';
import { NO_RECORDS, type Records, readRecords, writeRecords } from '../release/records.ts';

/**
 * Keeps the files of an app on a host. They lie in a volume, which no pruning takes; a container that is created and never
 * started mounts it, so that the archive API reads and writes them without anything running. If that container was pruned, it
 * is made again.
 */

const EMPTY_IMAGE = { repository: 'sealift/nothing', tag: '1' } as const;
const STATE_MOUNT = APP_VOLUME_MOUNT;

/** Name of the container that is never started. */
export const stateContainerName = (appEnvironment: AppEnvironment): string =>
  `${baseProject(appEnvironment)}-records`;

/** Files of an app's volume by their path within it; empty when the app was never here. Changes nothing on the host. */
export async function readState(
  engine: Engine,
  appEnvironment: AppEnvironment,
  containers: readonly ContainerSummary[],
): Promise<ReadonlyMap<string, Buffer>> {
  const mounted = containers.find((container) =>
    ['records', 'edge'].includes(container.labels[LABEL.role] ?? ''),
  );
  if (mounted !== undefined) return engine.readFiles(mounted.id, STATE_MOUNT);
  const volume = await engine.inspectVolume(stateVolume(appEnvironment));
  if (volume === undefined) return new Map();
  checkStateOwner(engine, appEnvironment, volume.labels);
  const stateContainer = await createStateContainer(engine, appEnvironment);
  try {
    return await engine.readFiles(stateContainer, STATE_MOUNT);
  } finally {
    await engine.removeContainer(stateContainer);
  }
}

/**
 * `a-b` in `c` and `a` in `b-c` would have the same names on a host, and all that has them would belong to both.
 * @throws ConfigurationError naming both
 */
function checkStateOwner(
  engine: Engine,
  appEnvironment: AppEnvironment,
  labels: Readonly<Record<string, string>>,
): void {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels;
  if (app === undefined || environment === undefined) return;
  if (app === appEnvironment.app && environment === appEnvironment.environment) return;
  throw new ConfigurationError(
    `app: ${appEnvironment.app} in the environment ${appEnvironment.environment} would be called ${baseProject(appEnvironment)} on ${engine.host}, and so is ${app} in the environment ${environment}, which is there already. ` +
      'Give one of them another name: "app" or "environment".',
  );
}

/** Writes records so that either the new or the former ones are read back, whatever is cut short. */
export async function saveRecords(
  engine: Engine,
  appEnvironment: AppEnvironment,
  records: Records,
): Promise<void> {
  const { file, content } = writeRecords(records);
  const files = new Map([[file, { content, mode: 0o600 }]]);
  try {
    await engine.writeFiles(stateContainerName(appEnvironment), STATE_MOUNT, files);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    await createStateContainer(engine, appEnvironment);
    await engine.writeFiles(stateContainerName(appEnvironment), STATE_MOUNT, files);
  }
}

/** The records among the files of an app's volume; none where there are no files. */
export function recordsFromFiles(files: ReadonlyMap<string, Buffer>): Records {
  return files.size === 0 ? NO_RECORDS : readRecords(files);
}

async function createStateContainer(engine: Engine, appEnvironment: AppEnvironment): Promise<string> {
  await ensureStateVolume(engine, appEnvironment);
  const reference = `${EMPTY_IMAGE.repository}:${EMPTY_IMAGE.tag}`;
  if ((await engine.inspectImage(reference)) === undefined)
    await engine.importEmptyImage(EMPTY_IMAGE.repository, EMPTY_IMAGE.tag);
  try {
    return await engine.createContainer(stateContainerName(appEnvironment), {
      Image: reference,
      Cmd: ['never-started'],
      Labels: { ...labelsOf(appEnvironment), [LABEL.role]: 'records' },
      HostConfig: { Mounts: [{ Type: 'volume', Source: stateVolume(appEnvironment), Target: STATE_MOUNT }] },
    });
  } catch (error) {
    if (error instanceof Conflict) return stateContainerName(appEnvironment);
    throw error;
  }
}
