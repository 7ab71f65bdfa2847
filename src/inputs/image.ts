import { ConfigurationError } from '../model/errors.ts';
import { type ImageReference, isRepository, parseImageReference } from '../model/image.ts';
import type {
  BuildImageSource,
  ExistingImageSource,
  ImageSource,
  ImageTransfer,
} from '../model/image-source.ts';
import { inputSetting } from '../model/input-ref.ts';
import { thisJob } from '../model/place-words.ts';
import { GITHUB_REGISTRY } from '../model/registry.ts';
import { githubVariables, isGitHubDotCom } from '../run/github-variables.ts';
import { readBuildOptions } from './build.ts';
import type { Inputs } from './reader.ts';

/** As Compose names services. */
const SERVICE_LINE = /^(?<service>[A-Za-z0-9._-]+)\s*=\s*(?<image>.*)$/;

/** For the main action: one repository is built and pushed to; an image with a tag or digest exists already. */
export function readImageSource(inputs: Inputs): ImageSource {
  const images = readImages(inputs);
  const single = images.get('');
  const isBuild =
    images.size === 0 || (images.size === 1 && single !== undefined && isRepositoryOnly(single));
  return isBuild ? buildImageSource(inputs, single) : existingImageSource(inputs, images);
}

/** For build/, which takes no existing images. */
export function readBuildImageSource(inputs: Inputs): BuildImageSource {
  const images = readImages(inputs);
  const single = images.get('');
  if (images.size > (single === undefined ? 0 : 1)) {
    throw new ConfigurationError(
      'image: build/ takes one repository, not lines of service=image. It names the image of each service after it, or after "image:" in the Compose file.',
    );
  }
  if (single?.digest !== undefined) {
    throw new ConfigurationError(
      `image: a digest names an image that exists already. Write the repository to push to: ${inputSetting('image', single.repository)}.`,
    );
  }
  if (single?.tag !== undefined) {
    throw new ConfigurationError(
      `image: build/ takes a repository without a tag. Write ${inputSetting('image', single.repository)} and ${inputSetting('tags', single.tag)}.`,
    );
  }
  return buildImageSource(inputs, single);
}

/** For deploy/, which builds nothing. */
export function readExistingImageSource(inputs: Inputs): ExistingImageSource {
  inputs.required(
    'image',
    'Set it to the image to deploy, preferably as repository@sha256:…: the output "image" of build/.',
  );
  return existingImageSource(inputs, readImages(inputs));
}

function readImages(inputs: Inputs): ReadonlyMap<string, ImageReference> {
  const images = new Map<string, ImageReference>();
  for (const line of inputs.lines('image')) {
    const { service = '', image = line } = SERVICE_LINE.exec(line)?.groups ?? {};
    if (images.has(service)) {
      const owner = service === '' ? 'without a service' : `for "${service}"`;
      throw new ConfigurationError(
        `image: "${image}" is a second image ${owner}. Write one line of service=image for each service.`,
      );
    }
    images.set(service, parseImageReference(image, 'image'));
  }
  return images;
}

function buildImageSource(inputs: Inputs, image: ImageReference | undefined): BuildImageSource {
  const repository = image?.repository ?? defaultRepository();
  return {
    kind: 'build',
    repository,
    isRepositoryGiven: image !== undefined,
    options: readBuildOptions(inputs),
    transfer: readTransfer(inputs),
  };
}

function existingImageSource(
  inputs: Inputs,
  images: ReadonlyMap<string, ImageReference>,
): ExistingImageSource {
  for (const [service, image] of images) {
    if (!isRepositoryOnly(image)) continue;
    const owner = service === '' ? '' : ` for "${service}"`;
    throw new ConfigurationError(
      `image: "${image.repository}"${owner} has neither a digest nor a tag. Write ${image.repository}@sha256:… or ${image.repository}:tag.`,
    );
  }
  return { kind: 'existing', images, transfer: readTransfer(inputs) };
}

const readTransfer = (inputs: Inputs): ImageTransfer =>
  inputs.has('image-transfer') ? inputs.choice('image-transfer', ['registry', 'direct']) : 'registry';

const isRepositoryOnly = ({ tag, digest }: ImageReference): boolean =>
  tag === undefined && digest === undefined;

/** GitHub's container registry, under the name of the repository. */
function defaultRepository(): string {
  const { repository = '', serverUrl } = githubVariables();
  const image = `${GITHUB_REGISTRY}/${repository.toLowerCase()}`;
  const advice = `Set it to a repository that ${thisJob()} can push to: registry.example.com/me/shop.`;
  if (!isGitHubDotCom(serverUrl)) {
    throw new ConfigurationError(`image: missing, and ghcr.io does not belong to ${serverUrl}. ${advice}`);
  }
  if (repository !== '' && isRepository(image)) return image;
  throw new ConfigurationError(
    `image: missing, and the repository name "${repository}" can't be used instead. ${advice}`,
  );
}
