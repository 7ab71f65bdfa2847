import { type AppName, STATE, stateVolume } from '../edge/layout.ts';
import { ensureStateVolume } from '../edge/networks.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { ConfigurationError } from '../model/errors.ts';
import { baseProject, LABEL, labelsOf } from '../model/release.ts';
import { NO_RECORDS, type Records, readRecords, writeRecords } from '../release/records.ts';

/**
 * Keeps the files of an app on a host. They lie in a volume, which no pruning takes; a container that is created and never
 * started mounts it, so that the archive API reads and writes them without anything running. If that container was pruned, it
 * is made again.
 */

const IMAGE = { repository: 'sealift/nothing', tag: '1' } as const;
const MOUNT = STATE;

/** Name of the container that is never started. */
export const keeperName = (of: AppName): string => `${baseProject(of)}-records`;

/** Files of an app's volume by their path within it; empty when the app was never here. Changes nothing on the host. */
export async function readState(
  engine: Engine,
  of: AppName,
  containers: readonly ContainerSummary[],
): Promise<ReadonlyMap<string, Buffer>> {
  const mounted = containers.find((container) =>
    ['records', 'edge'].includes(container.labels[LABEL.role] ?? ''),
  );
  if (mounted !== undefined) return engine.readFiles(mounted.id, MOUNT);
  const volume = await engine.inspectVolume(stateVolume(of));
  if (volume === undefined) return new Map();
  checkOwner(engine, of, volume.labels);
  const keeper = await makeKeeper(engine, of);
  try {
    return await engine.readFiles(keeper, MOUNT);
  } finally {
    await engine.removeContainer(keeper);
  }
}

/**
 * `a-b` in `c` and `a` in `b-c` would have the same names on a host, and all that has them would belong to both.
 * @throws ConfigurationError naming both
 */
function checkOwner(engine: Engine, of: AppName, labels: Readonly<Record<string, string>>): void {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels;
  if (app === undefined || environment === undefined) return;
  if (app === of.app && environment === of.environment) return;
  throw new ConfigurationError(
    `app: ${of.app} in the environment ${of.environment} would be called ${baseProject(of)} on ${engine.host}, and so is ${app} in the environment ${environment}, which is there already. ` +
      'Give one of them another name: "app" or "environment".',
  );
}

/** Writes records so that either the new or the former ones are read back, whatever is cut short. */
export async function saveRecords(engine: Engine, of: AppName, records: Records): Promise<void> {
  const { file, content } = writeRecords(records);
  const files = new Map([[file, { content, mode: 0o600 }]]);
  try {
    await engine.writeFiles(keeperName(of), MOUNT, files);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    await makeKeeper(engine, of);
    await engine.writeFiles(keeperName(of), MOUNT, files);
  }
}

/** The records among the files of an app's volume; none where there are no files. */
export function recordsIn(files: ReadonlyMap<string, Buffer>): Records {
  return files.size === 0 ? NO_RECORDS : readRecords(files);
}

async function makeKeeper(engine: Engine, of: AppName): Promise<string> {
  await ensureStateVolume(engine, of);
  const reference = `${IMAGE.repository}:${IMAGE.tag}`;
  if ((await engine.inspectImage(reference)) === undefined)
    await engine.importEmptyImage(IMAGE.repository, IMAGE.tag);
  try {
    return await engine.createContainer(keeperName(of), {
      Image: reference,
      Cmd: ['never-started'],
      Labels: { ...labelsOf(of), [LABEL.role]: 'records' },
      HostConfig: { Mounts: [{ Type: 'volume', Source: stateVolume(of), Target: MOUNT }] },
    });
  } catch (error) {
    if (error instanceof Conflict) return keeperName(of);
    throw error;
  }
}
