import type { ActionContext } from '../action-context.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { builtImages, clusterHostReport } from '../cluster-report.ts';
import { releaseBefore } from '../model/history.ts';
import type { StatusRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import { historyLines, historyOf } from '../report/history-table.ts';
import type { StatusReport } from '../report/report.ts';
import { statusLines } from '../report/status-table.ts';
import { programEnvironment } from '../run/environment.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';

/** Reports what is live on a cluster, since when, how whole it is, and which releases are kept. Changes nothing. */
export async function clusterStatus(
  { destination }: StatusRequest,
  context: ActionContext<StatusReport>,
): Promise<void> {
  const { report, log } = context;
  report.set({ app: destination.app, environment: destination.environment });
  await using managers = await group('Connect', () => connectToManagers(destination, context));
  const cluster = new SwarmCluster(managers, destination, context, async () => programEnvironment());
  const found = await cluster.observe();
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
