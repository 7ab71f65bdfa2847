import {
  type ClusterRecords,
  documentText,
  ForeignRecordError,
  type RecordDocument,
  storedRecords,
} from '../cluster/records.ts';
import { Conflict } from '../engine/errors.ts';
import type { SwarmConfig, SwarmEngine, SwarmObject } from '../engine/swarm-engine.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/app-environment.ts';
import type { ContentObject } from '../model/cluster-release.ts';
import type { StackFile } from '../release/stack/stack-file.ts';

/** What Sealift keeps in a swarm beside the services: records, and secrets and configs of releases. */

/** Values of the label `sealift.role`. */
const ROLE = { record: 'record', content: 'content', lock: 'lock' } as const;

const roleFilters = (of: AppEnvironment, role: string): readonly string[] =>
  Object.entries({ ...labelsOf(of), [LABEL.role]: role }).map(([key, value]) => `${key}=${value}`);

const recordName = (of: AppEnvironment, sequence: number): string => `${baseProject(of)}.sealift.${sequence}`;

/** The records of an app. @throws ConfigurationError if a newer Sealift has written them */
export async function readSwarmRecords(
  swarm: SwarmEngine,
  of: AppEnvironment,
): Promise<ClusterRecords<StackFile>> {
  const configs = await swarm.listConfigs(roleFilters(of, ROLE.record));
  return storedRecords(
    swarm.host,
    configs.map(({ name, content }) => ({ name, text: content })),
  );
}

/** @throws ForeignRecordError if another run has recorded something since the records were read: the name is taken */
export async function writeSwarmRecord(
  swarm: SwarmEngine,
  of: AppEnvironment,
  document: RecordDocument<StackFile>,
): Promise<void> {
  const labels = { ...labelsOf(of), [LABEL.role]: ROLE.record, [LABEL.release]: document.release.id };
  try {
    await swarm.createConfig(recordName(of, document.sequence), labels, documentText(document));
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const { documents } = await readSwarmRecords(swarm, of);
    // The connection was lost after it was made.
    if (documents.some((each) => documentText(each) === documentText(document))) return;
    throw new ForeignRecordError(of, document.sequence, error);
  }
}

/** Removes records. @param unreadable names of documents that can't be read */
export async function removeSwarmRecords(
  swarm: SwarmEngine,
  of: AppEnvironment,
  documents: readonly RecordDocument<unknown>[],
  unreadable: readonly string[] = [],
): Promise<void> {
  const names = new Set([...documents.map(({ sequence }) => recordName(of, sequence)), ...unreadable]);
  if (names.size === 0) return;
  for (const { id, name } of await swarm.listConfigs(roleFilters(of, ROLE.record)))
    if (names.has(name)) await swarm.removeConfig(id);
}

/** The secrets and configs of an app that Sealift made. */
export interface ContentsInSwarm {
  readonly secrets: readonly SwarmObject[];
  readonly configs: readonly SwarmConfig[];
}

export async function readContents(swarm: SwarmEngine, of: AppEnvironment): Promise<ContentsInSwarm> {
  const labels = roleFilters(of, ROLE.content);
  const [secrets, configs] = await Promise.all([swarm.listSecrets(labels), swarm.listConfigs(labels)]);
  return { secrets, configs };
}

/**
 * Creates the secrets and configs that the swarm lacks.
 * @returns how many
 */
export async function createContents(
  swarm: SwarmEngine,
  of: AppEnvironment,
  contents: readonly ContentObject[],
): Promise<number> {
  const { secrets, configs } = await readContents(swarm, of);
  const labels = { ...labelsOf(of), [LABEL.role]: ROLE.content };
  let count = 0;
  for (const { kind, name, content } of contents) {
    const existing = kind === 'secret' ? secrets : configs;
    if (existing.some((each) => each.name === name)) continue;
    try {
      if (kind === 'secret') await swarm.createSecret(name, labels, content);
      else await swarm.createConfig(name, labels, content);
      count += 1;
    } catch (error) {
      // Its name says its content.
      if (!(error instanceof Conflict)) throw error;
    }
  }
  return count;
}

/** Names of all secrets and configs of a stack. */
export function contentNames({ secrets, configs }: StackFile): ReadonlySet<string> {
  return new Set([...Object.values(secrets), ...Object.values(configs)].map(({ name }) => String(name)));
}

/**
 * Removes secrets and configs that none of these stacks has. One that a service still uses stays: the next run removes it.
 * @returns how many
 */
export async function removeUnusedContents(
  swarm: SwarmEngine,
  of: AppEnvironment,
  kept: readonly StackFile[],
): Promise<number> {
  const used = new Set(kept.flatMap((file) => [...contentNames(file)]));
  const { secrets, configs } = await readContents(swarm, of);
  const removals = [
    ...secrets.filter(({ name }) => !used.has(name)).map(({ id }) => swarm.removeSecret(id)),
    ...configs.filter(({ name }) => !used.has(name)).map(({ id }) => swarm.removeConfig(id)),
  ];
  const ended = await Promise.allSettled(removals);
  return ended.filter(({ status }) => status === 'fulfilled').length;
}
