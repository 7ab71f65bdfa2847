import type { ActionContext } from '../action-context.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { builtImages, clusterHostReport } from '../cluster-report.ts';
import { messageWithoutHost } from '../model/errors.ts';
import { releaseBefore } from '../model/history.ts';
import type { KubernetesStatusRequest, StatusRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import { historyLines, historyOf } from '../report/history-table.ts';
import type { StatusReport } from '../report/report.ts';
import { statusLines } from '../report/status-table.ts';
import { openCluster } from './open-cluster.ts';

/** Reports what is live on a cluster, since when, how whole it is, and which releases are kept. Changes nothing. */
export async function clusterStatus(
  request: StatusRequest | KubernetesStatusRequest,
  context: ActionContext<StatusReport>,
): Promise<void> {
  const { app, environment } = request.destination;
  context.report.set({ app, environment });
  await using cluster = await group('Connect', () => openCluster(request, context));
  await reportClusterStatus(cluster, context);
}

/** @throws what it throws that the cluster can't be asked, after the report says so */
export async function reportClusterStatus(
  cluster: Pick<Cluster<unknown>, 'host' | 'observe'>,
  { report, log }: Pick<ActionContext<StatusReport>, 'report' | 'log'>,
): Promise<void> {
  const found = await cluster.observe().catch((error: unknown) => {
    const why = messageWithoutHost(cluster.host, error);
    const hosts = [{ host: cluster.host, was: undefined, is: undefined, unknown: true as const, why }];
    report.set({ result: 'reported', hosts });
    for (const line of statusLines(hosts)) log.info(line);
    throw error;
  });
  const live = acceptedRelease(found.records);
  const hosts = [clusterHostReport(cluster.host, found)];
  const history = historyOf([{ host: cluster.host, history: found.records.history, releases: [] }]);
  report.set({
    result: 'reported',
    release: live?.id,
    live: live?.id,
    previous: releaseBefore(found.records.history, live?.id),
    revision: live?.origin.revision,
    images: live === undefined ? {} : builtImages(live),
    hosts,
    history,
  });
  for (const line of [...statusLines(hosts), ...historyLines(history, 1)]) log.info(line);
}
