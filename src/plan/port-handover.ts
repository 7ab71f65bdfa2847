import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import {
  baseProject,
  type Release,
  type ReleaseOutline,
  releaseProject,
  type ServiceName,
} from '../model/release.ts';
import { liveRelease, runningServices } from './host-queries.ts';

/** A port of the host that a service publishes itself. */
interface ServicePort {
  readonly service: ServiceName;
  readonly port: number;
}

/**
 * A port can't change hands between the edge and a service while both stand: one of them would find it taken. Pure.
 * @throws ConfigurationError naming the port and what to do on the host.
 */
export function checkPortHandover(
  host: ObservedHost,
  release: ReleaseOutline & Pick<Release, 'compose'>,
): void {
  const live = liveRelease(host)?.observed;
  if (live?.record === undefined) return;
  const edgeNow = host.edge.state === 'running' ? edgePortsOf(live.record) : [];
  const taken = servicePorts(release).find(({ port }) => edgeNow.includes(port));
  if (taken !== undefined) {
    throw new ConfigurationError(
      `${host.host}: port ${taken.port} is the edge's now, and ${taken.service} is to publish it itself. Let your proxy reach ${taken.service} by a network and ` +
        `leave the port out; or remove the edge first (docker rm -f ${baseProject(release)}-edge on the host), and nothing answers there until the new release is up.`,
    );
  }
  const running = runningServices(live);
  const desired = edgePortsOf(release);
  const own = servicePorts(live.record).find(
    ({ service, port }) => running.includes(service) && desired.includes(port),
  );
  if (own !== undefined) {
    throw new ConfigurationError(
      `${host.host}: port ${own.port} is published by ${own.service} of release ${live.id} itself, and the edge is to publish it now. Publish another port; or ` +
        `stop that first (docker compose -p ${releaseProject(live.record)} stop ${own.service} on the host), and nothing answers there until the new release is up.`,
    );
  }
}

function edgePortsOf({ routes }: Pick<Release, 'routes'>): readonly number[] {
  return routes.flatMap((route) => route.published.map(({ port }) => port));
}

function servicePorts({ compose }: Pick<Release, 'compose'>): readonly ServicePort[] {
  return Object.entries(compose.services).flatMap(([service, { ports }]) =>
    (Array.isArray(ports) ? ports : [])
      .map((each: { readonly published?: unknown; readonly protocol?: unknown }) =>
        each.protocol === 'udp' ? Number.NaN : Number(each.published),
      )
      .filter((port) => Number.isSafeInteger(port))
      .map((port) => ({ service, port })),
  );
}
