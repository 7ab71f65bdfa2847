import { ConfigurationError } from '../model/errors.ts';
import { type Digest, type ImageReference, type PinnedImage, pinnedImage } from '../model/image.ts';
import { inputSetting } from '../model/input-ref.ts';
import { byPlace, thisRunner } from '../model/place-words.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import { type DirectSources, directSources } from './build-directly.ts';
import { findCommitOnHosts, hostWith } from './find-on-hosts.ts';
import type { ImageContext } from './image-context.ts';
import { OCI_LABEL } from './labels.ts';
import type { ResolvedImages } from './resolve-images.ts';

/** Images that existed before this step, in no registry. */
interface DirectlyResolvedImages extends ResolvedImages {
  /** Those of which the runner has the bytes. */
  readonly local: readonly LocalImage[];
}

interface FoundReference {
  readonly digest: Digest;
  readonly local: LocalImage | undefined;
  readonly revision: string | undefined;
}

/**
 * Resolves each reference to a digest: from what earlier steps left on the runner, and what the hosts have.
 * @throws ConfigurationError that names `image` when neither has it
 */
export async function resolveDirectly(
  references: ReadonlyMap<string, ImageReference>,
  engines: DirectSources['engines'],
  { log }: Pick<ImageContext, 'log'>,
): Promise<DirectlyResolvedImages> {
  const sources = directSources(engines);
  const images = new Map<string, PinnedImage>();
  const local: LocalImage[] = [];
  const revisions = new Set<string | undefined>();
  for (const [service, reference] of references) {
    const found = await findReference(reference, sources);
    const name = writtenName(reference);
    if (found === undefined)
      throw new ConfigurationError(
        `image: ${name} is neither on ${thisRunner()} nor on a host, and with ${inputSetting('image-transfer', 'direct')} no registry is asked. Build it ${byPlace('in the same job', 'here')}, or push it and set ${inputSetting('image-transfer', 'registry')}.`,
      );
    const image = pinnedImage(reference.repository, found.digest);
    if (name !== image) log.info(`${name} is ${image}.`);
    images.set(service, image);
    revisions.add(found.revision);
    if (found.local !== undefined) local.push(found.local);
  }
  const [revision] = revisions;
  const tags = [...references.values()].flatMap(({ tag }) => tag ?? []);
  return { images, tags: [...new Set(tags)], revision: revisions.size === 1 ? revision : undefined, local };
}

const writtenName = ({ repository, tag = 'latest', digest }: ImageReference): string =>
  digest === undefined ? `${repository}:${tag}` : pinnedImage(repository, digest);

async function findReference(
  { repository, tag = 'latest', digest }: ImageReference,
  { store, engines }: DirectSources,
): Promise<FoundReference | undefined> {
  const kept = await store.find(
    (label) =>
      label.repository === repository &&
      (digest === undefined ? label.tags.includes(tag) : label.digest === digest),
  );
  if (kept !== undefined) {
    const [manifest] = kept.image.image.manifests;
    return { digest: kept.digest, local: kept.image, revision: manifest?.labels[OCI_LABEL.revision] };
  }
  const hosted =
    digest === undefined
      ? // The tag of a commit is the only one that an image itself says.
        await findCommitOnHosts(await engines(), repository, tag, undefined)
      : await hostWith(await engines(), repository, digest);
  return hosted && { digest: hosted.digest, local: undefined, revision: hosted.revision };
}
