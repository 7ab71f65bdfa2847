import type { ComposeConfig } from '../model/compose-config.ts';
import { HostError } from '../model/errors.ts';
import { digestOf, isPinnedImage, type PinnedImage } from '../model/image.ts';
import { mapValues } from '../model/json.ts';
import { type FoundImage, findImage } from '../transfer/found-image.ts';
import { chainOf } from '../transfer/known-layers.ts';
import type { HostContext } from './host-context.ts';

/**
 * The name of an image on a host. An engine with the classic image store knows an image by its digest only if it has pulled it from
 * its registry; one that came in another way has a tag that says the digest.
 */

type NamesContext = Pick<HostContext, 'engine' | 'releases' | 'runState'>;

/**
 * Looks for an image of a release on a host.
 * @throws HostError if what has its name is another image, by the ids that are recorded of it
 */
export async function findReleaseImage(
  { engine, releases, runState }: NamesContext,
  image: PinnedImage,
): Promise<FoundImage | undefined> {
  const found = await findImage(engine, image);
  if (found === undefined || found.name === image) return found;
  const { id, repoDigests, layers } = found.details;
  const origins = [...releases.values()].map(({ origin }) => origin);
  const ids = origins.flatMap(({ imageIds }) => imageIds?.[image] ?? []);
  const chains = origins.flatMap(({ imageChains }) => imageChains?.[image] ?? []);
  const digest = `@${digestOf(image)}`;
  const isKnown =
    ids.length === 0 ||
    ids.includes(id) ||
    chains.includes(chainOf(layers)) ||
    repoDigests.some((each) => each.endsWith(digest));
  if (!isKnown)
    throw new HostError(
      engine.host,
      `${found.name} is another image than the one that was deployed under this name: ${id}. Somebody moved the tag: remove it there (docker image rm), and deploy again.`,
    );
  runState.imageNames.set(image, found.name);
  return found;
}

/** A Compose config in which each image has the name that the host knows. */
export async function withNamesOnHost(context: NamesContext, config: ComposeConfig): Promise<ComposeConfig> {
  const names = new Map<unknown, string>();
  for (const { image } of Object.values(config.services)) {
    if (typeof image !== 'string' || names.has(image)) continue;
    const known = context.runState.imageNames.get(image);
    const found =
      known ??
      (isPinnedImage(image) && isDirect(context, image) ? await findReleaseImage(context, image) : undefined);
    if (found !== undefined) names.set(image, typeof found === 'string' ? found : found.name);
  }
  if (names.size === 0) return config;
  const services = mapValues(config.services, (service) => {
    const name = names.get(service['image']);
    return name === undefined ? service : { ...service, image: name };
  });
  return { ...config, services };
}

/** Whether an image is in no registry. */
const isDirect = ({ releases }: NamesContext, image: PinnedImage): boolean =>
  [...releases.values()].some(
    ({ origin, services }) =>
      origin.imageTransfer === 'direct' && Object.values(services).some((service) => service.image === image),
  );
