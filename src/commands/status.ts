import type { ActionContext } from '../action-context.ts';
import { messageWithoutHost } from '../model/errors.ts';
import { releaseBefore } from '../model/history.ts';
import type { StatusRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import { combineFailures } from '../report/failures.ts';
import { historyLines, historyOf } from '../report/history-table.ts';
import type { StatusHost } from '../report/host-report.ts';
import { commonRelease, statusReport } from '../report/host-status.ts';
import type { StatusReport } from '../report/report.ts';
import { statusLines } from '../report/status-table.ts';
import { observeHosts } from '../rollout/fleet.ts';

/**
 * Reports what is live on each host, since when, how healthy it is, and which releases are kept. Changes nothing.
 * @throws SealiftError if a host can't be asked, after all others are reported
 */
export async function status(
  { destination }: StatusRequest,
  context: ActionContext<StatusReport>,
): Promise<void> {
  const { report } = context;
  report.set({ app: destination.app, environment: destination.environment });
  const { results: observations, failures } = await group('Connect', () =>
    observeHosts(destination, context),
  );
  const hosts = destination.hosts.map(({ name }): StatusHost => {
    const observation = observations.find(({ host }) => host.host === name);
    if (observation !== undefined) return statusReport(observation.host);
    const failure = failures.find(({ host }) => host === name);
    const why = messageWithoutHost(name, failure?.error);
    return { host: name, was: undefined, is: undefined, unknown: true, why };
  });
  const live = commonRelease(hosts);
  const record = observations[0]?.records.releases.find(({ id }) => id === live);
  const [previous, ...others] = new Set(
    observations.flatMap(({ host }) => releaseBefore(host.history, live) ?? []),
  );
  const images = Object.values(record?.services ?? {}).map(({ name, image }) => [name, image]);
  const history = historyOf(observations.map(({ host }) => host));
  report.set({
    result: 'reported',
    release: live,
    live,
    previous: live === undefined || others.length > 0 ? undefined : previous,
    revision: record?.origin.revision,
    images: Object.fromEntries(images),
    hosts,
    history,
  });
  for (const line of [...statusLines(hosts), ...historyLines(history, hosts.length)]) context.log.info(line);
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0]?.error;
  throw combineFailures(failures);
}
