import type { House } from './house.ts';
import { messageWithout, SealiftError } from './model/errors.ts';
import type { StatusRequest } from './model/request.ts';
import { group } from './report/console.ts';
import { sayOnce } from './report/failures.ts';
import { liveOn, statusReport } from './report/hosts.ts';
import type { HostReport } from './report/report.ts';
import { statusLines } from './report/status-table.ts';
import { survey } from './target/fleet.ts';

/**
 * What is live on each host, since when, how healthy, and what could be gone back to. Changes nothing.
 * @throws SealiftError when a host can't be asked, after all others have told what they have.
 */
export async function status(request: StatusRequest, house: House): Promise<void> {
  const { target } = request;
  Object.assign(house.report, {
    app: target.app,
    environment: target.environment,
  });
  const { observations, failures } = await group('Connect', () => survey(target, house.tools));
  const hosts = target.hosts.map(({ name }): HostReport => {
    const seen = observations.find(({ host }) => host.host === name);
    const lost = failures.find(({ host }) => host === name);
    return seen === undefined
      ? {
          host: name,
          was: undefined,
          is: undefined,
          unknown: true,
          why: messageWithout(name, lost?.error),
          kept: [],
        }
      : statusReport(seen.host);
  });
  const live = liveOn(hosts);
  const record = observations[0]?.records.releases.find((release) => release.id === live);
  Object.assign(house.report, {
    result: 'reported',
    release: live,
    live,
    revision: record?.origin.revision,
    images: Object.fromEntries(
      Object.values(record?.services ?? {}).map((service) => [service.name, service.image]),
    ),
    hosts,
  });
  for (const line of statusLines(hosts)) house.tools.log.info(line);
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first.error;
  const evidence = failures.flatMap(({ error }) => (error instanceof SealiftError ? error.evidence : []));
  throw new SealiftError(sayOnce(failures), { evidence: [...new Set(evidence)] });
}
