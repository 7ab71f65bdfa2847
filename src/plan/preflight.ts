import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import { type Outline, releaseProject } from '../model/release.ts';
import type { Strategy } from '../model/strategy.ts';

/** What can be known to go wrong before anything is changed. Pure. */

/**
 * How traffic will move.
 * @throws ConfigurationError when blue-green is asked for and the release can't stand beside the old one.
 */
export function chooseStrategy(
  release: Pick<Outline, 'wholeRecreate'>,
  asked: Strategy | undefined,
): Strategy {
  if (release.wholeRecreate === undefined) return asked ?? { name: 'blue-green' };
  if (asked !== undefined && asked.name !== 'recreate') {
    throw new ConfigurationError(
      `strategy: this release can't be deployed ${asked.name}: ${release.wholeRecreate}. Leave "strategy" empty or set it to recreate.`,
    );
  }
  return { name: 'recreate' };
}

/** @throws ConfigurationError when a container that is not of this app holds a port that the release needs. */
export function checkPorts(host: ObservedHost, release: Outline): void {
  const domains = release.routes.some((route) => route.domains.length > 0) && !host.front;
  const needed = [
    ...release.routes.flatMap((route) => route.published.map(({ port }) => port)),
    ...(domains ? [80, 443] : []),
  ];
  for (const port of needed) {
    const holder = host.foreignPorts.get(port);
    if (holder !== undefined) {
      throw new ConfigurationError(
        `${host.host}: port ${port} is already taken by container "${holder}". Publish another port in the Compose file, or stop that container first.`,
      );
    }
  }
}

/** Longest label of a DNS name, RFC 1035: a container is found by its name. */
const LONGEST_LABEL = 63;
/** Stands for the release's id, which is not known before its images are. */
const SOME_ID = 'xxxxxxxx';

/** @throws ConfigurationError when a container's name would be too long to be found by the edge. */
export function checkNames(release: Outline): void {
  for (const { service } of release.routes) {
    const name = `${releaseProject({ ...release, id: SOME_ID })}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - LONGEST_LABEL;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, ${excess} characters too long to be found by that name. ` +
        'Give the service or the app ("app") a shorter name.',
    );
  }
}
