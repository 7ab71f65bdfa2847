import type { ContainerDetails } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import { awaitHealthy, type HealthExpectation } from './await-healthy.ts';
import { serviceOf } from './compose-labels.ts';
import { healthyText } from './container-health.ts';
import { serviceContainer } from './container-watcher.ts';
import { inspectReplicas } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { imageIds } from './host-images.ts';
import { type CheckedReplicas, verifyReplicaCounts } from './replica-selection.ts';
import { routeProbe } from './route-answers.ts';

/**
 * The health check of a deploy: a release's containers run the digests that were tested, and become healthy in time. A
 * container is checked by its HEALTHCHECK; without one by `health-path` or its port, from the edge; otherwise it must run
 * without a restart. In addition, every container with a route must answer the edge.
 */
export async function checkHealth(context: HostContext, replicas: CheckedReplicas): Promise<string> {
  const { engine, runState } = context;
  const startedAt = performance.now();
  const release = releaseById(context, replicas.release);
  const [containers, ids] = await Promise.all([
    inspectReplicas(context, replicas),
    imageIds(context, release, replicas.services),
  ]);
  for (const container of containers) verifyImage(context, release, container, ids);
  verifyReplicaCounts(engine.host, release, containers, replicas);
  const expectations = containers.map((container) => healthExpectation(context, release, container));
  const { timeout } = release.health;
  const { healthy, tolerated } = await awaitHealthy(context, expectations, timeout, replicas.tolerate);
  for (const each of healthy)
    if (!runState.healthyContainers.has(each.id)) runState.healthyContainers.set(each.id, each);
  runState.lastChangeAt = performance.now();
  const isWhole = replicas.only === undefined && replicas.after === undefined && tolerated.length === 0;
  const { release: id, services } = replicas;
  runState.checked = isWhole
    ? { release: id, services, containers: healthy, at: runState.lastChangeAt }
    : undefined;
  const took = formatDuration(runState.lastChangeAt - startedAt);
  const text = `${healthyText(healthy.length, healthy)} after ${took}`;
  return tolerated.length === 0 ? text : `${text}; tolerated: ${tolerated.join('; ')}`;
}

/** What was tested is what runs: a container's image must be the one that the release's digest names. */
function verifyImage(
  { engine }: HostContext,
  { services }: Release,
  { name, labels, imageId }: ContainerDetails,
  ids: ReadonlyMap<string, string>,
): void {
  const service = services[serviceOf({ labels }) ?? ''];
  if (service === undefined) return;
  const expected = ids.get(service.image);
  if (imageId === expected) return;
  throw new HostError(
    engine.host,
    `${name} runs ${imageId}, but ${service.image} is ${expected ?? 'not here'}. Somebody changed it since it was started: deploy again.`,
  );
}

function healthExpectation(
  context: HostContext,
  release: Release,
  container: ContainerDetails,
): HealthExpectation {
  const expected = serviceContainer(release, container);
  const mustSettle = release.health.path === undefined;
  return { ...expected, mustSettle, probe: routeProbe(context, release, container) };
}
