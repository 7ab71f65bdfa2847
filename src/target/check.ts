import type { ContainerDetails } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import type { Release, ServiceName } from '../model/release.ts';
import type { Action } from '../plan/steps.ts';
import { containersOf } from './containers.ts';
import { awaitHealthy, type Expectation } from './health.ts';
import { imageIds } from './images.ts';
import { serviceOf } from './labels.ts';
import { meant } from './part.ts';
import { askFromEdge } from './traffic.ts';
import { releaseById, type Work } from './work.ts';

/**
 * The gate of a release on a host: its containers run the digests that were tested, and become healthy in time. Asked are
 * the HEALTHCHECK if there is one, else `health-path` or the port from the edge, else that it runs without a restart.
 */
export async function checkRelease(work: Work, action: Check): Promise<string> {
  const began = performance.now();
  const { services, only, after = {}, tolerate } = action;
  const release = releaseById(work, action.release);
  const [all, ids] = await Promise.all([
    containersOf(work, action.release, services),
    imageIds(work, release),
  ]);
  const containers = meant(all, action);
  proveImages(work, release, containers, ids);
  for (const name of services) {
    const wanted = only === undefined ? (release.services[name]?.replicas ?? 1) : (only[name] ?? 0);
    proveCount(work, name, wanted - (after[name] ?? 0), containers);
  }
  const failed = await awaitHealthy(
    work,
    containers.map((container) => expectation(work, release, container)),
    release.health.timeout,
    tolerate,
  );
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

function proveCount(
  work: Work,
  name: ServiceName,
  wanted: number,
  containers: readonly ContainerDetails[],
): void {
  const found = containers.filter((container) => serviceOf(container) === name).length;
  if (found < wanted) throw new HostError(work.engine.host, `${name} has ${found} of ${wanted} containers.`);
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
