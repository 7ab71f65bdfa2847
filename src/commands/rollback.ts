import type { ActionContext } from '../action-context.ts';
import { deploymentOfRollback, deployRelease } from '../deployment.ts';
import { registryEnvironment } from '../image/login.ts';
import { lockHosts, lockInBackground, lockWait } from '../lock.ts';
import type { Approval } from '../model/approval.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import type { RollbackRequest } from '../model/request.ts';
import { givenContents } from '../release/file-content-names.ts';
import { findRelease } from '../release/find-release.ts';
import { trustedProxiesOf, withTrustedProxies } from '../release/trusted-proxies.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { openFleet } from '../rollout/fleet.ts';
import type { HostObservation } from '../rollout/host-context.ts';
import { inBackground } from '../run/promises.ts';

/** Goes back to an earlier release as it was recorded: with its config and images, not today's. */
export async function rollbackHosts(
  request: RollbackRequest<'docker'>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options } = request;
  const { report } = context;
  await using fleet = await group('Connect', () => openFleet(destination, context));
  await using early = lockInBackground(
    options.dryRun ? undefined : Promise.resolve(fleet.engines),
    destination,
    context,
  );
  const looking = inBackground(fleet.observe(early.opened));
  const wait = lockWait(options, request.gate);
  const taken = await early.opened;
  const lock = taken ?? (await lockHosts(fleet.engines, destination, wait, context));
  await using _ownLock = taken === undefined ? lock : undefined;
  await looking;
  const observations = await fleet.observeAgain(lock);
  const found = requireSameRelease(findOnAnyHost(observations, request.to), destination.environment);
  const trustedProxies = trustedProxiesOf(observations.map(({ host }) => host));
  const release = withTrustedProxies(withHealthTimeout(found, request.healthTimeout), trustedProxies);
  report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
  await deployRelease(
    deploymentOfRollback({
      ...{ fleet, lock, destination, observations, release, options, approval, context },
      environment: () => registryEnvironment(request.registry, release, context),
      confidential: new Map([[release.id, givenContents(release, options.secrets)]]),
    }),
  );
}

/**
 * The release to go back to, from each host that has a record of it. A host that was added later has none.
 * @throws ConfigurationError if no host has it
 */
function findOnAnyHost(observations: readonly HostObservation[], to: string | undefined): readonly Release[] {
  const failures: unknown[] = [];
  const found = observations.flatMap(({ host, records }) => {
    try {
      return [findRelease(records, host, to)];
    } catch (error) {
      failures.push(error);
      return [];
    }
  });
  if (found.length === 0) throw failures[0];
  return found;
}

/** @throws ConfigurationError if the hosts would go back to different releases */
function requireSameRelease(found: readonly Release[], environment: string): Release {
  const [first] = found;
  if (first === undefined)
    throw new ConfigurationError('hosts: no line names a host. Write one per line: ssh://user@host.');
  const ids = [...new Set(found.map((release) => release.id))];
  if (ids.length > 1) {
    throw new ConfigurationError(
      `to: the hosts of ${environment} do not have the same previous release (${ids.join(', ')}). Name the release to roll back to.`,
    );
  }
  return first;
}

/** Milliseconds. The time that was enough for the deploy may be short on a host in trouble. */
const MIN_HEALTH_TIMEOUT = 60_000;

/** Gives a release at least a minute to become healthy again, unless the user requests another time. */
export function withHealthTimeout<Recorded extends { readonly health: { readonly timeout: number } }>(
  release: Recorded,
  requested: number | undefined,
): Recorded {
  const { health } = release;
  return {
    ...release,
    health: { ...health, timeout: requested ?? Math.max(health.timeout, MIN_HEALTH_TIMEOUT) },
  };
}
