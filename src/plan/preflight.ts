import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import { parseReleaseId, type ServiceName } from '../model/identifiers.ts';
import { asList, asObject } from '../model/json.ts';
import { baseProject, type Release, type ReleaseOutline, releaseProject } from '../model/release.ts';
import { hasDomains, liveRelease, runningServices } from './host-queries.ts';

/** Problems that are known before anything is changed. All functions are pure. */

/** @throws ConfigurationError if a container of another app holds a port that the release needs. */
export function checkForeignPorts(host: ObservedHost, release: ReleaseOutline): void {
  const needed = [...edgePortsOf(release), ...(hasDomains(release) && !host.frontRunning ? [80, 443] : [])];
  for (const port of needed) {
    const holder = host.foreignPorts.get(port);
    if (holder !== undefined) {
      throw new ConfigurationError(
        `${host.host}: port ${port} is already taken by container "${holder}". Publish another port in the Compose file, or stop that container first.`,
      );
    }
  }
}

/**
 * A port can't move between the edge and a service while both run: the second one would find it taken.
 * @throws ConfigurationError that names the port and the command to run on the host.
 */
export function checkPortHandover(
  host: ObservedHost,
  release: ReleaseOutline & Pick<Release, 'compose'>,
): void {
  const live = liveRelease(host);
  if (live?.record === undefined) return;
  const edgePorts = host.edge.state === 'running' ? edgePortsOf(live.record) : [];
  const fromEdge = servicePorts(release).find(({ port }) => edgePorts.includes(port));
  if (fromEdge !== undefined) {
    const { port, service } = fromEdge;
    const reason = release.services[service]?.exclusiveReason ?? 'its "ports"';
    throw new ConfigurationError(
      `${host.host}: port ${port} is published by the edge now, but ${service} would publish it itself (${reason}). Change that, or publish another port. ` +
        `Or remove the edge first (docker rm -f ${baseProject(release)}-edge on the host): then nothing answers there until the new release is up.`,
    );
  }
  const running = runningServices(live.observed);
  const desired = edgePortsOf(release);
  const toEdge = servicePorts(live.record).find(
    ({ service, port }) => running.includes(service) && desired.includes(port),
  );
  if (toEdge !== undefined) {
    const { port, service } = toEdge;
    throw new ConfigurationError(
      `${host.host}: port ${port} is published by ${service} of release ${live.id} itself, but the edge would publish it now. Publish another port. Or ` +
        `stop that service first (docker compose -p ${releaseProject(live.record)} stop ${service} on the host): then nothing answers there until the new release is up.`,
    );
  }
}

const edgePortsOf = ({ routes }: Pick<Release, 'routes'>): readonly number[] =>
  routes.flatMap(({ published }) => published.map(({ port }) => port));

/** The TCP ports of the host that services publish themselves. */
function servicePorts({
  compose,
}: Pick<Release, 'compose'>): readonly { readonly service: ServiceName; readonly port: number }[] {
  return Object.entries(compose.services).flatMap(([service, { ports }]) =>
    asList(ports)
      .map(asObject)
      .filter((each) => each['protocol'] !== 'udp')
      .map((each) => ({ service, port: Number(each['published']) }))
      .filter(({ port }) => Number.isSafeInteger(port)),
  );
}

/** Longest label of a DNS name (RFC 1035): the edge finds a container by its name. */
const MAX_CONTAINER_NAME = 63;
/** Stands for the release's id, which is not known before its images are. */
const PLACEHOLDER_RELEASE_ID = parseReleaseId('xxxxxxxx');

/** @throws ConfigurationError if the name of a container would be too long for the edge to find it. */
export function checkContainerNames(release: ReleaseOutline): void {
  const project = releaseProject({ ...release, id: PLACEHOLDER_RELEASE_ID });
  for (const { service } of release.routes) {
    const name = `${project}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - MAX_CONTAINER_NAME;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, which is ${excess} characters too long to be found by name. ` +
        'Give the service or the app ("app") a shorter name.',
    );
  }
}
