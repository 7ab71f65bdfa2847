import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import { parseReleaseId } from '../model/identifiers.ts';
import { type ReleaseOutline, releaseProject } from '../model/release.ts';
import { hasDomains } from './host-queries.ts';
import { edgePortsOf } from './port-handover.ts';

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
