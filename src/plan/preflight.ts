import { releaseProject } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import { parseReleaseId } from '../model/identifiers.ts';
import type { Release, ReleaseOutline } from '../model/release.ts';
import { changedAccessories } from './accessories.ts';
import { hasDomains, liveRelease } from './host-queries.ts';
import { edgePortsOf } from './port-handover.ts';
import { proxiesOf, proxiesToConnect } from './proxies.ts';

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
 * A proxy of the Compose file that runs already is left alone, with the ports to which it sends requests.
 * @throws ConfigurationError if the release has no longer the port to which a running proxy sends requests
 */
export function checkProxiedPorts(host: ObservedHost, release: Release, updateAccessories: boolean): void {
  const live = liveRelease(host)?.record;
  const recreated = [
    ...(updateAccessories ? changedAccessories(host, release) : []),
    ...proxiesToConnect(host, release),
  ];
  const proxy = proxiesOf(release).find(
    (name) =>
      !recreated.includes(name) &&
      host.accessories.some(({ service, state }) => service === name && state === 'running'),
  );
  if (live === undefined || proxy === undefined) return;
  const lost = proxiedPortsOf(live).find((port) => !proxiedPortsOf(release).includes(port));
  if (lost === undefined) return;
  throw new ConfigurationError(
    `${host.host}: ${proxy} runs and sends requests to ${lost}, which this release does not have. Keep that port, or deploy with "accessories: update", which replaces ${proxy}.`,
  );
}

const proxiedPortsOf = ({ routes }: Pick<Release, 'routes'>): readonly string[] =>
  routes.flatMap(({ service, upstream }) => (upstream === undefined ? [] : [`${service}:${upstream.port}`]));

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
