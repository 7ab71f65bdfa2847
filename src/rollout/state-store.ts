import { APP_VOLUME_MOUNT, stateVolume } from '../edge/layout.ts';
import { ensureStateVolume } from '../edge/networks.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf, OWN_ROLE } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { newerFormatError, RECORD_FORMAT } from '../release/record-format.ts';
import { type Records, readRecords, recordFormat, writeRecords } from '../release/records.ts';
import { hasOwnRole } from './compose-labels.ts';
import { EMPTY_IMAGE, ensureEmptyImage } from './empty-image.ts';

/**
 * Keeps the files of an app on a host, in a volume, which no prune removes. A container that is created and never started
 * mounts it, so that the archive API can read and write the files while nothing runs. If it was pruned, it is created again.
 */

/** Name of the container that is never started. */
const recordsContainerName = (appEnvironment: AppEnvironment): string =>
  `${baseProject(appEnvironment)}-records`;

/** Files of an app's volume by their path in it; empty if the app was never here. Changes nothing on the host. */
export async function readState(
  engine: Engine,
  appEnvironment: AppEnvironment,
  containers: readonly ContainerSummary[],
): Promise<ReadonlyMap<string, Buffer>> {
  const existing = containers.find((each) => hasOwnRole(each, 'records', 'edge'));
  if (existing !== undefined) return engine.readFiles(existing.id, APP_VOLUME_MOUNT);
  const volume = await engine.inspectVolume(stateVolume(appEnvironment));
  if (volume === undefined) return new Map();
  checkStateOwner(engine, appEnvironment, volume.labels);
  const temporary = await createStateContainer(engine, appEnvironment);
  // If it can't be removed, the next run uses it.
  const remove = () => engine.removeContainer(temporary).catch(() => undefined);
  await using _removal = { [Symbol.asyncDispose]: remove };
  return await engine.readFiles(temporary, APP_VOLUME_MOUNT);
}

/**
 * Two apps can have the same names on a host, such as `a-b` in `c` and `a` in `b-c`; everything would belong to both.
 * @throws ConfigurationError naming both
 */
function checkStateOwner(
  { host }: Engine,
  wanted: AppEnvironment,
  labels: Readonly<Record<string, string>>,
): void {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels;
  if (app === undefined || environment === undefined) return;
  if (app === wanted.app && environment === wanted.environment) return;
  throw new ConfigurationError(
    `app: on ${host}, two apps would have the name ${baseProject(wanted)}: ${app} in the environment ${environment}, which is already there, and ` +
      `${wanted.app} in the environment ${wanted.environment}. Give one of them another "${inputRef('app')}" or "${inputRef('environment')}".`,
  );
}

/** Writes the records. If it is interrupted, either the new or the former records are read back. */
export async function saveRecords(
  engine: Engine,
  appEnvironment: AppEnvironment,
  records: Records,
): Promise<void> {
  await writeState(engine, appEnvironment, writeRecords(records));
}

/** Writes a file of an app's volume, by its path in it. */
export async function writeState(
  engine: Engine,
  appEnvironment: AppEnvironment,
  { file, content }: { readonly file: string; readonly content: string },
): Promise<void> {
  const write = (): Promise<void> => {
    const files = new Map([[file, { content, mode: 0o600 }]]);
    return engine.writeFiles(recordsContainerName(appEnvironment), APP_VOLUME_MOUNT, files);
  };
  try {
    await write();
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    await createStateContainer(engine, appEnvironment);
    await write();
  }
}

/**
 * The records in the files of an app's volume.
 * @throws ConfigurationError if a newer Sealift has written them
 */
export function recordsFromFiles(
  { host }: Pick<Engine, 'host'>,
  files: ReadonlyMap<string, Buffer>,
): Records {
  const format = recordFormat(files);
  if (format > RECORD_FORMAT) throw newerFormatError(host, format);
  return readRecords(files);
}

/** @returns its id; its name if it exists already */
async function createStateContainer(engine: Engine, appEnvironment: AppEnvironment): Promise<string> {
  await ensureStateVolume(engine, appEnvironment);
  await ensureEmptyImage(engine);
  const mount = { Type: 'volume', Source: stateVolume(appEnvironment), Target: APP_VOLUME_MOUNT };
  const name = recordsContainerName(appEnvironment);
  try {
    return await engine.createContainer(name, {
      Image: EMPTY_IMAGE,
      Cmd: ['never-started'],
      Labels: { ...labelsOf(appEnvironment), [LABEL.role]: OWN_ROLE.records },
      HostConfig: { Mounts: [mount] },
    });
  } catch (error) {
    if (error instanceof Conflict) return name;
    throw error;
  }
}
