import type { House } from './house.ts';
import type { StatusRequest } from './model/request.ts';
import { liveRelease } from './plan/situation.ts';
import { group } from './report/console.ts';
import { statusReport } from './report/hosts.ts';
import { statusLines } from './report/status-table.ts';
import { openFleet } from './target/fleet.ts';

/** What is live on each host, since when, how healthy, and what could be gone back to. Changes nothing. */
export async function status(request: StatusRequest, house: House): Promise<void> {
  const { target } = request;
  Object.assign(house.report, {
    app: target.app,
    environment: target.environment,
  });
  const fleet = await group('Connect', () => openFleet(target, house.tools));
  try {
    const observations = await fleet.observe(target);
    const live = new Set(observations.map(({ host }) => liveRelease(host)?.id));
    const [only] = live;
    const record = observations[0]?.records.releases.find((release) => release.id === only);
    Object.assign(house.report, {
      result: 'seen',
      release: live.size === 1 ? only : undefined,
      live: live.size === 1 ? only : undefined,
      revision: record?.origin.revision,
      images: Object.fromEntries(
        Object.values(record?.services ?? {}).map((service) => [service.name, service.image]),
      ),
      hosts: observations.map(({ host }) => statusReport(host)),
    });
    for (const line of statusLines(house.report.hosts)) house.tools.log.info(line);
  } finally {
    await fleet.close();
  }
}
