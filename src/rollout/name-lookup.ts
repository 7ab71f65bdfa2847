import { isOlderVersion } from '../engine/api-version.ts';
import type { Engine } from '../engine/engine.ts';
import type { Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { networksBeforeSlots } from '../release/make-release.ts';

/** Of Engine 28: networks have a priority (`gw_priority`), by which names are looked up too. */
const PRIORITY_API = '1.48';

/**
 * Hosts on which a service may find another one of the previous release, while both run: an engine without priorities looks names up in
 * the networks in the order of their names, and one of the file comes before that of the slot.
 */
export async function nameLookupNotices(
  engines: readonly Pick<Engine, 'host' | 'version'>[],
  release: Pick<Release, 'app' | 'environment' | 'compose'>,
): Promise<readonly string[]> {
  const names = networksBeforeSlots(release);
  if (names.length === 0) return [];
  const all = await Promise.all(
    engines.map(async (engine) => {
      const { version, apiVersion } = await engine.version();
      if (!isOlderVersion(apiVersion, PRIORITY_API)) return [];
      return [
        `${engine.host}: Docker ${version} looks names up in the network ${joinWithAnd(names)} first, because that name comes before those of Sealift's networks. So while two releases run, services may find each other across them. Install Docker Engine 28 or later, or let the names come later (networks: … name:).`,
      ];
    }),
  );
  return all.flat();
}
