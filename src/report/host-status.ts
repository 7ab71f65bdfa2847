import { lastAcceptanceOf } from '../model/history.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease } from '../model/host.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { joinWithAnd } from '../model/text.ts';
import { formatMinute } from '../model/time.ts';
import { missingAccessories } from '../plan/accessories.ts';
import { hasSucceeded, isFullyUp, liveRelease, workIsDone } from '../plan/host-queries.ts';
import type { HostReport, KeptRelease, StatusHost } from './host-report.ts';

/** The one release that all of these hosts serve. */
export function commonRelease(hosts: readonly HostReport[]): ReleaseId | undefined {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => (unknown ? undefined : is)));
  return others.length === 0 ? first : undefined;
}

/** What a host serves, and the releases that it could roll back to. Pure. */
export function statusReport(host: ObservedHost): StatusHost {
  const live = liveRelease(host);
  const health = live?.observed === undefined ? UNHEALTHY : releaseHealth(host, live.observed);
  const since = live === undefined ? undefined : lastAcceptanceOf(host.history, live.id)?.at;
  const why =
    live === undefined
      ? host.recordsUnreadable
        ? "nothing is live here as far as one can see: the records can't be read"
        : 'nothing is deployed here'
      : `${live.id} is live${since === undefined ? ', but was never accepted' : ` since ${formatMinute(since)} UTC`}, ${health.text}${splitTrafficText(host)}`;
  const kept = [...host.releases]
    .map((release) => keptRelease(host, release, release.id === live?.id))
    .sort((one, other) => (other.acceptedAt ?? '').localeCompare(one.acceptedAt ?? ''));
  const healthy = health.healthy && since !== undefined && host.traffic?.splitWith === undefined;
  return { host: host.host, was: live?.id, is: live?.id, why, healthy, kept };
}

/** A canary or a rolling deploy in progress, or an interrupted one, which the next deploy repairs. */
function splitTrafficText({ traffic }: ObservedHost): string {
  return traffic?.splitWith === undefined
    ? ''
    : `; some of its requests go to ${traffic.splitWith}, whose deploy is in progress or was interrupted`;
}

/** How healthy the containers of a release and its edge are, and the same for people. */
interface ReleaseHealth {
  readonly healthy: boolean;
  readonly text: string;
}

const UNHEALTHY: ReleaseHealth = { healthy: false, text: 'NOT healthy' };

function releaseHealth(host: ObservedHost, live: ObservedRelease): ReleaseHealth {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== 'running')
    return { healthy: false, text: `NOT healthy: its edge is ${host.edge.state}` };
  if (!isFullyUp(live)) return UNHEALTHY;
  const down = live.record === undefined ? [] : missingAccessories(host, live.record);
  if (down.length > 0)
    return {
      healthy: false,
      text: `NOT healthy: ${joinWithAnd(down)} ${down.length === 1 ? 'does' : 'do'} not run`,
    };
  const waits = live.containers.some(
    ({ health, unchecked }) => health === 'unhealthy' || (health === 'starting' && !unchecked),
  );
  return waits ? { healthy: false, text: releaseCondition(live) } : { healthy: true, text: 'healthy' };
}

function keptRelease(host: ObservedHost, release: ObservedRelease, live: boolean): KeptRelease {
  const accepted = lastAcceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    approval: accepted?.approval,
    live,
    up: isFullyUp(release),
    condition: releaseCondition(release),
  };
}

function releaseCondition(release: ObservedRelease): string {
  const { containers, record } = release;
  if (containers.length === 0) return 'containers removed; image and record are kept';
  // What has done its work counts neither as stopped nor as missing.
  const isDone = (container: ObservedContainer): boolean =>
    workIsDone(release, container.service) ||
    (record?.services[container.service]?.oneShot === true && hasSucceeded(container));
  const expected = containers.filter((container) => !isDone(container));
  const running = expected.filter(({ state }) => state === 'running');
  if (running.length === 0) return `${containers.length} stopped`;
  const healthy = running.filter(
    ({ health, unchecked }) => health === undefined || health === 'healthy' || unchecked,
  );
  return `${healthy.length} of ${expected.length} ${running.some(({ health }) => health !== undefined) ? 'healthy' : 'running'}`;
}
