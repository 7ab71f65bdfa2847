import type { ContainerDetails } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/steps.ts';
import { awaitHealthy } from './await-healthy.ts';
import type { HealthExpectation } from './awaited-container.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectReleaseContainers } from './containers.ts';
import { probeFromEdge } from './edge-actions.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { imageIds } from './host-images.ts';
import { verifyReplicaCounts } from './replica-count.ts';
import { selectReplicas } from './replica-selection.ts';

/**
 * The gate of a release on a host: its containers run the digests that were tested, and become healthy in time. Asked are
 * the HEALTHCHECK if there is one, else `health-path` or the port from the edge, else that it runs without a restart.
 */
export async function checkHealth(context: HostContext, action: CheckHealthAction): Promise<string> {
  const startedAt = performance.now();
  const release = releaseById(context, action.release);
  const [all, ids] = await Promise.all([
    inspectReleaseContainers(context, action.release, action.services),
    imageIds(context, release),
  ]);
  const containers = selectReplicas(all, action);
  verifyImages(context, release, containers, ids);
  verifyReplicaCounts(context, release, containers, action);
  const { well: healthy, failed } = await awaitHealthy(
    context,
    containers.map((container) => healthExpectation(context, release, container)),
    release.health.timeout,
    action.tolerate,
  );
  for (const each of healthy)
    if (!context.runState.healthyContainers.has(each.id))
      context.runState.healthyContainers.set(each.id, each);
  context.runState.lastChangeAt = performance.now();
  const seen = `${containers.length - failed.length} healthy after ${formatDuration(performance.now() - startedAt)}`;
  return failed.length === 0 ? seen : `${seen}; tolerated: ${failed.join('; ')}`;
}

type CheckHealthAction = Omit<Extract<Action, { readonly kind: 'check-health' }>, 'kind'>;

/** What was tested is what runs: each container's image is the one that the release's digest names. */
function verifyImages(
  context: HostContext,
  release: Release,
  containers: readonly ContainerDetails[],
  ids: ReadonlyMap<string, string>,
): void {
  for (const container of containers) {
    const service = release.services[serviceOf(container) ?? ''];
    const expected = service === undefined ? undefined : ids.get(service.image);
    if (service !== undefined && container.imageId !== expected) {
      throw new HostError(
        context.engine.host,
        `${container.name} runs ${container.imageId}, but ${service.image} is ${expected ?? 'not here'}.`,
      );
    }
  }
}

function healthExpectation(
  context: HostContext,
  release: Release,
  container: ContainerDetails,
): HealthExpectation {
  const service = serviceOf(container) ?? container.name;
  const route = release.routes.find((each) => each.service === service);
  const hasHealth = container.health !== undefined && container.health.status !== 'none';
  return {
    container,
    service,
    oneShot: release.services[service]?.oneShot ?? false,
    mustSettle: release.health.path === undefined,
    probe:
      route === undefined || hasHealth
        ? undefined
        : (signal) =>
            probeFromEdge(context, `${container.name}:${route.containerPort}`, release.health, signal),
  };
}
