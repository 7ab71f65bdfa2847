import type { ActionContext } from '../action-context.ts';
import { deployRelease } from '../deployment.ts';
import { registryEnvironment } from '../image/login.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import type { RollbackRequest } from '../model/request.ts';
import { chooseStrategy } from '../plan/preflight.ts';
import { findRelease } from '../release/find-release.ts';
import { group } from '../report/console.ts';
import { openFleet } from '../rollout/fleet.ts';
import type { HostObservation } from '../rollout/observe-host.ts';

/** Back to an earlier release, as it was recorded: its config and images, not today's. */
export async function rollback(request: RollbackRequest, context: ActionContext): Promise<void> {
  const { target, options } = request;
  Object.assign(context.report, {
    app: target.app,
    environment: target.environment,
  });
  const fleet = await group('Connect', () => openFleet(target, context.tools));
  try {
    const observations = await fleet.observe(target);
    const found = requireSameRelease(findOnAnyHost(observations, request.to), target.environment);
    const release = withHealthTimeout(found, request.healthTimeout);
    Object.assign(context.report, {
      release: release.id,
      revision: release.origin.revision,
      tags: release.origin.tags,
    });
    await deployRelease({
      fleet,
      target,
      observations,
      release,
      strategy: chooseStrategy(release, undefined),
      keep: Number.MAX_SAFE_INTEGER,
      command: 'rollback',
      bake: 0,
      limits: undefined,
      updateAccessories: false,
      hooks: { before: [], after: [] },
      waves: { kind: 'all' },
      options,
      confidential: new Map(),
      environment: () => registryEnvironment(request.registry, release, context.tools),
      context,
    });
  } finally {
    await fleet.close();
  }
}

/**
 * A host that was added later has no record of what was before: it is given the release of those that have.
 * @throws ConfigurationError when no host has it
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

/** A fleet goes back as one: every host must mean the same release. */
function requireSameRelease(found: readonly Release[], environment: string): Release {
  const [first] = found;
  if (first === undefined) throw new ConfigurationError('hosts: no host is given.');
  const ids = [...new Set(found.map((release) => release.id))];
  if (ids.length > 1) {
    throw new ConfigurationError(
      `to: the hosts of ${environment} do not have the same previous release (${ids.join(', ')}). Name the one to go back to.`,
    );
  }
  return first;
}

/** Milliseconds; what a release was given when it was deployed may be little on a host that is in trouble. */
const MIN_HEALTH_TIMEOUT = 60_000;

/**
 * A rollback that ends because a host was slow helps nobody: every release has a minute to become healthy again, unless it is
 * said how long.
 */
export function withHealthTimeout(release: Release, requested: number | undefined): Release {
  const { health } = release;
  return {
    ...release,
    health: { ...health, timeout: requested ?? Math.max(health.timeout, MIN_HEALTH_TIMEOUT) },
  };
}
