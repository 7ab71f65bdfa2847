import { releaseProject } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import { parseReleaseId, type ServiceName } from '../model/identifiers.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { asText } from '../model/json.ts';
import { portsOverlap } from '../model/published-port.ts';
import type { Release, ReleaseOutline } from '../model/release.ts';
import { changedAccessories } from './accessories.ts';
import { liveRelease } from './host-queries.ts';
import { type DeployOutline, neededPorts, portText } from './needed-ports.ts';
import { lostProxiedPorts, misledProxies, proxiesOf, proxiesToConnect } from './proxies.ts';

/** Problems that are known before anything is changed. All functions are pure. */

/**
 * Ports of the edge and the front, of services that publish theirs themselves, and of accessories that do not run.
 * @throws ConfigurationError if another app, or an accessory that is left alone, holds a port that the release needs
 */
export function checkHeldPorts(host: ObservedHost, release: DeployOutline): void {
  for (const needed of neededPorts(host, release)) {
    const holder = host.heldPorts.find(
      (held) =>
        held.protocol === needed.protocol &&
        portsOverlap(held, needed) &&
        (held.accessory === undefined || held.accessory !== needed.service),
    );
    if (holder === undefined) continue;
    const { container, accessory } = holder;
    const port = portText(needed);
    const text =
      accessory === undefined
        ? `port ${port} is already taken by container "${container}". Publish another port in the Compose file, or stop that container first.`
        : `port ${port} is still taken by container "${container}", the accessory ${accessory} as an earlier deploy started it: accessories are left alone. Remove it first ("docker rm -f ${container}" on the host; its volumes stay), or publish another port in the Compose file.`;
    throw new ConfigurationError(`${host.host}: ${text}`);
  }
}

/** @throws ConfigurationError if an accessory that does not exist yet has a container_name that another container has */
export function checkNamesFree(host: ObservedHost, { base }: Pick<ReleaseOutline, 'base'>): void {
  for (const [service, spec] of Object.entries(base.services)) {
    const name = asText(spec['container_name']);
    if (name === undefined || host.accessories.some((each) => each.service === service)) continue;
    const isOwn = host.accessories.some((each) => each.name === name);
    if (!isOwn && host.foreignContainers?.includes(name) !== true) continue;
    const holder = isOwn
      ? 'an accessory of this app that the Compose file no longer has'
      : 'another app or environment';
    throw new ConfigurationError(
      `${host.host}: container_name "${name}" of ${service} is already taken by a container of ${holder}, and such a name exists once on a host. Remove container_name from the Compose file: others reach ${service} by that name. ` +
        `Or remove that container first, or give each environment a name of its own, by a variable.`,
    );
  }
}

/**
 * A proxy of the Compose file that runs already is left alone, with the ports to which it sends requests.
 * @throws ConfigurationError if a running proxy leads to nothing of the release, or to a port that it has no longer
 */
export function checkProxiedPorts(host: ObservedHost, release: Release, updateAccessories: boolean): void {
  const live = liveRelease(host)?.record;
  const isRunning = (name: ServiceName): boolean =>
    host.accessories.some(({ service, state }) => service === name && state === 'running');
  const misled =
    live === undefined || updateAccessories ? undefined : misledProxies(live, release).find(isRunning);
  if (misled !== undefined)
    throw new ConfigurationError(
      `${host.host}: ${misled} is in front of the live release, and in this checkout it leads to no released service: neither its configuration nor the Compose file names one with its port. ` +
        `Correct the name and the port in its configuration, or deploy with "${inputSetting('accessories', 'update')}", which replaces ${misled}.`,
    );
  const recreated = [
    ...(updateAccessories ? changedAccessories(host, release) : []),
    ...proxiesToConnect(host, release),
  ];
  const proxy = proxiesOf(release).find((name) => !recreated.includes(name) && isRunning(name));
  if (live === undefined || proxy === undefined) return;
  const [lost] = lostProxiedPorts(live, release);
  if (lost === undefined) return;
  throw new ConfigurationError(
    `${host.host}: ${proxy} runs and sends requests to ${lost}, which this release does not have. Keep that port, or deploy with "${inputSetting('accessories', 'update')}", which replaces ${proxy}.`,
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
        `Give the service or the app ("${inputRef('app')}") a shorter name.`,
    );
  }
}
