import type { Engine } from '../engine/engine.ts';
import { SLOTS, slotNetwork } from '../model/app-environment.ts';
import type { ReleaseOutline } from '../model/release.ts';
import { baseObjects } from '../release/make-release.ts';

/**
 * Checks, before anything is changed, that a host has addresses for the networks that a release lacks there.
 * @throws HostError if it has none left, with what to change
 */
export async function checkNetworkAddresses(engine: Engine, release: ReleaseOutline): Promise<void> {
  const existing = new Set((await engine.listNetworks([])).map(({ name }) => name));
  const names = [
    ...SLOTS.map((slot) => slotNetwork(release, slot)),
    ...baseObjects(release).networks.map(({ Name }) => Name),
  ];
  await engine.checkNetworkAddresses(names.filter((name) => !existing.has(name)).length);
}
