import { ConfigurationError } from '../../model/errors.ts';
import { type PinnedImage, repositoryOf } from '../../model/image.ts';
import { isObject } from '../../model/json.ts';
import { oneLine } from '../../model/plain-text.ts';
import { type KubernetesObject, objectText } from './kubernetes-object.ts';
import type { Manifest } from './manifest.ts';

/** Stands for the image in manifests. */
const PLACEHOLDER = '${IMAGE}';

/** An object with the images of the release, and which of them it runs, in the order of its containers. */
export interface ObjectWithImages extends Manifest {
  readonly images: readonly PinnedImage[];
}

/**
 * Names the images of a release by digest, wherever an object names one: `${IMAGE}`, and each `image:` whose repository is that of
 * a built image, whatever its tag. Other images stay as they are. Pure.
 * @param built by name; '' is what `${IMAGE}` stands for
 * @throws ConfigurationError if no container runs an image of the release, or one is not named by digest alone
 */
export function insertReleaseImages(
  manifests: readonly Manifest[],
  built: ReadonlyMap<string, PinnedImage>,
): readonly ObjectWithImages[] {
  const all = [...new Set(built.values())];
  const main = built.get('') ?? (all.length === 1 ? all[0] : undefined);
  const byRepository = new Map(all.map((image) => [completeRepository(repositoryOf(image)), image]));
  const inserted = manifests.map((manifest) => insertIn(manifest, main, byRepository));
  if (inserted.some(({ images }) => images.length > 0)) return inserted;
  throw new ConfigurationError(
    `manifests: no container runs ${all.map(repositoryOf).join(' or ')}. Write image: ${PLACEHOLDER}, or the name of the repository, in the manifest of a workload.`,
  );
}

function insertIn(
  manifest: Manifest,
  main: PinnedImage | undefined,
  byRepository: ReadonlyMap<string, PinnedImage>,
): ObjectWithImages {
  const images: PinnedImage[] = [];
  const where = `manifests: ${manifest.source}, ${objectText(manifest.object)}`;
  const replace = (text: string): string => {
    if (!text.includes(PLACEHOLDER)) return text;
    if (main !== undefined) return text.replaceAll(PLACEHOLDER, main);
    throw new ConfigurationError(
      `${where}: ${PLACEHOLDER} could be several images. Write the repository of the one that is meant.`,
    );
  };
  const imageOf = (text: string): string => {
    const image = text.trim() === PLACEHOLDER ? main : byRepository.get(completeRepository(withoutTag(text)));
    if (image === undefined && !text.includes(PLACEHOLDER)) return text;
    if (image === undefined) {
      throw new ConfigurationError(
        `${where}: "${oneLine(text)}" does not name an image by its digest. Write image: ${PLACEHOLDER}, without anything around it.`,
      );
    }
    images.push(image);
    return image;
  };
  // Its texts are data of the user's, also those below a key that is called `image`.
  const isData = manifest.object.kind === 'ConfigMap' || manifest.object.kind === 'Secret';
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return key === 'image' && !isData ? imageOf(value) : replace(value);
    if (Array.isArray(value)) return value.map((each) => visit(each, ''));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visit(each, name)]));
  };
  const { apiVersion, kind, metadata } = manifest.object;
  const visited = visit(manifest.object, '');
  const object: KubernetesObject = { ...(isObject(visited) ? visited : {}), apiVersion, kind, metadata };
  return { ...manifest, object, images };
}

const withoutTag = (text: string): string => (text.split('@', 1)[0] ?? '').replace(/:[^/:]*$/, '');

/** `shop` and `docker.io/library/shop` are the same. */
const completeRepository = (repository: string): string =>
  repository.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, '');
