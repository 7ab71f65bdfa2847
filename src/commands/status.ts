import type { ActionContext } from '../action-context.ts';
import { messageWithoutHost, SealiftError } from '../model/errors.ts';
import type { StatusRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import { describeFailures } from '../report/failures.ts';
import { commonRelease, statusReport } from '../report/hosts.ts';
import type { HostReport } from '../report/report.ts';
import { statusLines } from '../report/status-table.ts';
import { surveyHosts } from '../rollout/fleet.ts';

/**
 * What is live on each host, since when, how healthy, and what could be gone back to. Changes nothing.
 * @throws SealiftError when a host can't be asked, after all others have told what they have.
 */
export async function status(request: StatusRequest, context: ActionContext): Promise<void> {
  const { target } = request;
  Object.assign(context.report, {
    app: target.app,
    environment: target.environment,
  });
  const { observations, failures } = await group('Connect', () => surveyHosts(target, context.tools));
  const hosts = target.hosts.map(({ name }): HostReport => {
    const observation = observations.find(({ host }) => host.host === name);
    const failure = failures.find(({ host }) => host === name);
    return observation === undefined
      ? {
          host: name,
          was: undefined,
          is: undefined,
          unknown: true,
          why: messageWithoutHost(name, failure?.error),
          kept: [],
        }
      : statusReport(observation.host);
  });
  const live = commonRelease(hosts);
  const record = observations[0]?.records.releases.find((release) => release.id === live);
  Object.assign(context.report, {
    result: 'reported',
    release: live,
    live,
    revision: record?.origin.revision,
    images: Object.fromEntries(
      Object.values(record?.services ?? {}).map((service) => [service.name, service.image]),
    ),
    hosts,
  });
  for (const line of statusLines(hosts)) context.tools.log.info(line);
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first.error;
  const evidence = failures.flatMap(({ error }) => (error instanceof SealiftError ? error.evidence : []));
  throw new SealiftError(describeFailures(failures), { evidence: [...new Set(evidence)] });
}
