import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { type PinnedImage, parseImageReference, pinnedImage } from '../model/image.ts';
import type { ImageContext } from './image-context.ts';
import { Registry } from './registry.ts';

/**
 * Looks up the digests of images that the Compose file names: nodes that pull at different times must not get different ones.
 * @param references by service: `postgres:17`
 * @throws ConfigurationError that names the service
 */
export async function resolveOtherImages(
  references: ReadonlyMap<ServiceName, string>,
  context: ImageContext,
): Promise<ReadonlyMap<ServiceName, PinnedImage>> {
  const registry = new Registry(context);
  const resolved = await Promise.all(
    [...references].map(async ([service, reference]): Promise<[ServiceName, PinnedImage]> => {
      const { repository, tag = 'latest', digest } = parseImageReference(reference, 'compose-file');
      if (digest !== undefined) return [service, pinnedImage(repository, digest)];
      const name = `${repository}:${tag}`;
      const remote = await registry.inspect(name);
      if (remote === undefined) {
        throw new ConfigurationError(
          `compose-file: the image ${name} of service ${service} was not found in its registry. Check its name and tag.`,
        );
      }
      const image = pinnedImage(repository, remote.digest);
      context.log.info(`${name} is ${image}.`);
      return [service, image];
    }),
  );
  return new Map(resolved);
}
