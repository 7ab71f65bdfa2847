import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import { type ReleaseOutline, releaseProject } from '../model/release.ts';
import type { Strategy } from '../model/strategy.ts';

/** What can be known to go wrong before anything is changed. Pure. */

/** What of a release decides how its traffic can move. */
type StrategyConstraints = Pick<ReleaseOutline, 'services' | 'routes' | 'wholeRecreate'>;

/**
 * How traffic will move: as it was asked for, else as the Compose file demands.
 * @throws ConfigurationError when what was asked for is nothing that the release can do.
 */
export function chooseStrategy(release: StrategyConstraints, asked: Strategy | undefined): Strategy {
  const { wholeRecreate } = release;
  if (wholeRecreate !== undefined) {
    if (asked === undefined || asked.name === 'recreate') return { name: 'recreate' };
    throw new ConfigurationError(
      `strategy: this release can't be deployed ${asked.name}: ${wholeRecreate}. Leave "strategy"${asked.name === 'canary' ? ' and "canary"' : ''} empty or set it to recreate.`,
    );
  }
  if (asked?.name === 'canary') checkCanary(release);
  return asked ?? { name: needsStopFirst(release) ? 'rolling' : 'blue-green' };
}

/** A second whole release beside the first would be more replicas than the file allows. */
function needsStopFirst({ services }: StrategyConstraints): boolean {
  return Object.values(services).some(
    ({ role, update, replicas }) => role !== 'exclusive' && update?.order === 'stop-first' && replicas > 1,
  );
}

/** A share of the visitors needs a way in that Sealift's edge owns, to services that may stand twice. */
function checkCanary({ services, routes }: StrategyConstraints): void {
  if (routes.length === 0) {
    throw new ConfigurationError(
      'canary: there are no visitors to share out: the release publishes no HTTP port and has no domain, or "edge" is none. ' +
        'Publish a port in the Compose file, or leave "canary" empty.',
    );
  }
  for (const { service } of routes) {
    const { role, because } = services[service] ?? {};
    if (role !== 'exclusive') continue;
    throw new ConfigurationError(
      `canary: visitors of ${service} can't be shared out, because two of it can't run at once: ${because ?? 'it is exclusive'}. ` +
        'Change that in the Compose file, or leave "canary" empty.',
    );
  }
}

/** @throws ConfigurationError when a container that is not of this app holds a port that the release needs. */
export function checkForeignPorts(host: ObservedHost, release: ReleaseOutline): void {
  const domains = release.routes.some((route) => route.domains.length > 0) && !host.frontRunning;
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
const MAX_CONTAINER_NAME = 63;
/** Stands for the release's id, which is not known before its images are. */
const PLACEHOLDER_RELEASE_ID = 'xxxxxxxx';

/** @throws ConfigurationError when a container's name would be too long to be found by the edge. */
export function checkContainerNames(release: ReleaseOutline): void {
  for (const { service } of release.routes) {
    const name = `${releaseProject({ ...release, id: PLACEHOLDER_RELEASE_ID })}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - MAX_CONTAINER_NAME;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, ${excess} characters too long to be found by that name. ` +
        'Give the service or the app ("app") a shorter name.',
    );
  }
}
