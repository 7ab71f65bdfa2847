import { joinWithAnd } from '../model/text.ts';
import type { Cluster } from './cluster.ts';
import { type ClusterRecords, keptReleases } from './records.ts';

/**
 * Removes what no kept release needs any more: records, secrets, configs. Nothing is removed where documents can't be read: it may be
 * what their releases need.
 * @param found the records as they were read
 * @param after the records by now
 * @returns what was removed, for the log
 */
export async function pruneOld<Definition>(
  cluster: Cluster<Definition>,
  { unreadable = [] }: ClusterRecords<Definition>,
  keep: number,
  after: ClusterRecords<Definition>,
): Promise<string> {
  if (unreadable.length > 0) return `all records stay: ${joinWithAnd(unreadable)} can't be read`;
  return await cluster.prune(after, keptReleases(after, keep));
}
