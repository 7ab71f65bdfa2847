import type { Engine } from '../engine/engine.ts';
import { SLOTS, slotNetwork } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseOutline } from '../model/release.ts';
import { baseObjects } from '../release/make-release.ts';

/** Whether a host has the networks and volumes that a release expects there, and addresses for those that it lacks. */

/**
 * Checks, before anything is changed, that networks and volumes that the Compose file calls external exist on the host.
 * @throws ConfigurationError naming what is missing and how to create it
 */
export function checkExternals(
  { host, networkNames = [], volumeNames = [] }: ObservedHost,
  release: ReleaseOutline,
): void {
  const { networks, volumes } = baseObjects(release).external;
  const missing = [
    ...networks.filter((name) => !networkNames.includes(name)).map((name) => `docker network create ${name}`),
    ...volumes.filter((name) => !volumeNames.includes(name)).map((name) => `docker volume create ${name}`),
  ];
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${host}: the Compose file declares networks or volumes as external that do not exist. Create them on the host (${missing.join('; ')}), or remove "external".`,
  );
}

/**
 * Checks, before anything is changed, that a host has addresses for the networks that a release lacks there.
 * @throws HostError if it has none left, with what to change
 */
export async function checkNetworkAddresses(
  engine: Engine,
  { networkNames = [] }: ObservedHost,
  release: ReleaseOutline,
): Promise<void> {
  const names = [
    ...SLOTS.map((slot) => slotNetwork(release, slot)),
    ...baseObjects(release).networks.map(({ Name }) => Name),
  ];
  const missing = names.filter((name) => !networkNames.includes(name));
  if (missing.length > 0) await engine.checkNetworkAddresses(missing.length);
}
