import type { Cluster } from '../cluster/cluster.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { builtImages, clusterHostReport } from '../cluster-report.ts';
import { messageWithoutHost } from '../model/errors.ts';
import { releaseBefore } from '../model/history.ts';
import { historyOf } from '../report/history-table.ts';
import type { TargetStatus } from './target.ts';

/** What is live on a cluster, how whole it is, and which releases are kept; or why it can't be asked. */
export async function statusOfCluster(
  cluster: Pick<Cluster<unknown>, 'host' | 'observe'>,
): Promise<TargetStatus> {
  const { host } = cluster;
  const found = await cluster.observe().catch((error: unknown) => ({ error }));
  if ('error' in found) {
    const { error } = found;
    const why = messageWithoutHost(host, error);
    return {
      ...{ live: undefined, previous: undefined, revision: undefined, images: {}, history: [] },
      hosts: [{ host, was: undefined, is: undefined, unknown: true, why }],
      failures: [{ host, error }],
    };
  }
  const { history } = found.records;
  const live = acceptedRelease(found.records);
  return {
    live: live?.id,
    previous: releaseBefore(history, live?.id),
    revision: live?.origin.revision,
    images: live === undefined ? {} : builtImages(live),
    hosts: [clusterHostReport(host, found)],
    history: historyOf([{ host, history, releases: [] }]),
    failures: [],
  };
}
