import type { EdgeImages } from '../model/deploy-options.ts';
import { asText } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import { isTcpRoute } from '../model/route.ts';
import { publishesPortsItself } from '../release/compose/self-published.ts';
import type { PulledImage } from './image-platforms.ts';

/** The names of the images that a host needs for a release. */
export const imageNamesOf = (release: Release, edgeImages: EdgeImages): readonly string[] =>
  imagesOnHost(release, edgeImages).map(({ name }) => name);

/** What a host needs for a release, each image once. Its platform is that of `platform:`, if all its services say the same. */
export function imagesOnHost(
  release: Release,
  { edgeImage, tcpEdgeImage }: EdgeImages,
): readonly PulledImage[] {
  const { services, compose, base, routes } = release;
  // Without routes there is no edge, but its image asks the ports that services publish themselves.
  const needsEdgeImage = routes.length > 0 || publishesPortsItself(release);
  const uses = [
    ...Object.entries(services).map(([name, { image }]) => ({
      ...{ name: image, isReleased: true },
      platform: asText(compose.services[name]?.['platform']),
    })),
    ...Object.values(base.services).flatMap(({ image, platform }) =>
      typeof image === 'string' ? [{ name: image, isReleased: false, platform: asText(platform) }] : [],
    ),
    ...(needsEdgeImage ? [{ name: edgeImage, isReleased: false, platform: undefined }] : []),
    ...(routes.some(isTcpRoute) ? [{ name: tcpEdgeImage, isReleased: false, platform: undefined }] : []),
  ];
  const images = new Map<string, PulledImage>();
  for (const use of uses) {
    const known = images.get(use.name) ?? use;
    images.set(use.name, known.platform === use.platform ? known : { ...known, platform: undefined });
  }
  return [...images.values()];
}
