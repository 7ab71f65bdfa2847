import type { ObservedHost } from '../model/host.ts';
import type { Release, ServiceName } from '../model/release.ts';

/**
 * Accessories that stand on a host and were made from another definition than the release's. One whose definition is not
 * known is not among them. Pure.
 */
export function changedAccessories(host: ObservedHost, release: Release): readonly ServiceName[] {
  return Object.entries(release.definitions ?? {})
    .filter(([name, definition]) =>
      host.accessories.some(
        (container) =>
          container.service === name &&
          container.definitionFingerprint !== undefined &&
          container.definitionFingerprint !== definition,
      ),
    )
    .map(([name]) => name);
}
