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
import type { TargetStatus } from './target.ts';

/** What is live on each host. One that can't be reached does not hide the others. */
export async function statusOfHosts(
  { destination }: StatusRequest<'docker'>,
  context: ActionContext,
): Promise<TargetStatus> {
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
  return {
    ...{ live, hosts, failures },
    previous: live === undefined || others.length > 0 ? undefined : previous,
    revision: record?.origin.revision,
    images: Object.fromEntries(images),
    history: historyOf(observations.map(({ host }) => host)),
  };
}

/**
 * Logs and reports what is live.
 * @throws SealiftError if a host could not be asked
 */
export function reportStatus(
  { failures, ...found }: TargetStatus,
  { report, log }: Pick<ActionContext<StatusReport>, 'report' | 'log'>,
): void {
  const { live, hosts, history } = found;
  report.set({ ...found, result: 'reported', release: live });
  for (const line of [...statusLines(hosts), ...historyLines(history, hosts.length)]) log.info(line);
  if (failures.length === 1) throw failures[0]?.error;
  if (failures.length > 0) throw combineFailures(failures);
}
