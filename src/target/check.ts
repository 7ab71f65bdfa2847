import type { ContainerDetails } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/steps.ts';
import { containersOf } from './containers.ts';
import { proveCounts } from './count.ts';
import { awaitHealthy } from './health.ts';
import { imageIds } from './images.ts';
import { serviceOf } from './labels.ts';
import { meant } from './part.ts';
import { askFromEdge } from './traffic.ts';
import type { Expectation } from './watched.ts';
import { releaseById, type Work } from './work.ts';

/**
 * The gate of a release on a host: its containers run the digests that were tested, and become healthy in time. Asked are
 * the HEALTHCHECK if there is one, else `health-path` or the port from the edge, else that it runs without a restart.
 */
export async function checkRelease(work: Work, action: Check): Promise<string> {
  const began = performance.now();
  const release = releaseById(work, action.release);
  const [all, ids] = await Promise.all([
    containersOf(work, action.release, action.services),
    imageIds(work, release),
  ]);
  const containers = meant(all, action);
  proveImages(work, release, containers, ids);
  proveCounts(work, release, containers, action);
  const { well, failed } = await awaitHealthy(
    work,
    containers.map((container) => expectation(work, release, container)),
    release.health.timeout,
    action.tolerate,
  );
  for (const each of well) if (!work.kept.checked.has(each.id)) work.kept.checked.set(each.id, each);
  work.kept.moved = performance.now();
  const seen = `${containers.length - failed.length} healthy after ${formatDuration(performance.now() - began)}`;
  return failed.length === 0 ? seen : `${seen}; tolerated: ${failed.join('; ')}`;
}

type Check = Omit<Extract<Action, { readonly kind: 'check' }>, 'kind'>;

/** What was tested is what runs: each container's image is the one that the release's digest names. */
function proveImages(
  work: Work,
  release: Release,
  containers: readonly ContainerDetails[],
  ids: ReadonlyMap<string, string>,
): void {
  for (const container of containers) {
    const service = release.services[serviceOf(container) ?? ''];
    const expected = service === undefined ? undefined : ids.get(service.image);
    if (service !== undefined && container.imageId !== expected) {
      throw new HostError(
        work.engine.host,
        `${container.name} runs ${container.imageId}, but ${service.image} is ${expected ?? 'not here'}.`,
      );
    }
  }
}

function expectation(work: Work, release: Release, container: ContainerDetails): Expectation {
  const service = serviceOf(container) ?? container.name;
  const route = release.routes.find((each) => each.service === service);
  const hasHealth = container.health !== undefined && container.health.status !== 'none';
  return {
    container,
    service,
    oneShot: release.services[service]?.oneShot ?? false,
    mustSettle: release.health.path === undefined,
    ask:
      route === undefined || hasHealth
        ? undefined
        : (signal) => askFromEdge(work, `${container.name}:${route.containerPort}`, release.health, signal),
  };
}
