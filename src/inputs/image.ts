import { ConfigurationError } from '../model/errors.ts';
import { type ImageReference, isRepository, parseImageReference } from '../model/image.ts';
import type { ImageSource } from '../model/request.ts';
import { readBuildOptions } from './build.ts';
import type { Inputs } from './reader.ts';

type BuildImageSource = ImageSource & { readonly kind: 'build' };
type ExistingImageSource = ImageSource & { readonly kind: 'existing' };

/** As Compose names services. */
const SERVICE_LINE = /^(?<service>[A-Za-z0-9._-]+)\s*=\s*(?<image>.*)$/;

/** For the main action: a repository is built to, anything with a tag or a digest exists already. */
export function readImageSource(inputs: Inputs): ImageSource {
  const images = readImages(inputs);
  const whole = images.get('');
  const built = images.size === 0 || (images.size === 1 && whole !== undefined && isRepositoryOnly(whole));
  return built ? buildImageSource(inputs, whole) : existingImageSource(images);
}

/** For build/, which makes images and takes no finished ones. */
export function readBuildImageSource(inputs: Inputs): BuildImageSource {
  const images = readImages(inputs);
  const whole = images.get('');
  if (images.size > (whole === undefined ? 0 : 1)) {
    throw new ConfigurationError(
      'image: build/ builds every service itself. Give one repository; services get names of their own from it or from "image:" in the Compose file.',
    );
  }
  if (whole?.digest !== undefined) {
    throw new ConfigurationError(
      'image: a digest names an image that exists already. Give build/ a repository to build to.',
    );
  }
  if (whole?.tag !== undefined) {
    throw new ConfigurationError(
      `image: build/ takes a repository without a tag. Write image: ${whole.repository} and tags: ${whole.tag}.`,
    );
  }
  return buildImageSource(inputs, whole);
}

/** For deploy/, which builds nothing. */
export function readExistingImageSource(inputs: Inputs): ExistingImageSource {
  inputs.required(
    'image',
    'Give the image to deploy, best as repository@sha256:…: the output "image" of build/.',
  );
  return existingImageSource(readImages(inputs));
}

function readImages(inputs: Inputs): ReadonlyMap<string, ImageReference> {
  const images = new Map<string, ImageReference>();
  for (const line of inputs.lines('image')) {
    const parts = SERVICE_LINE.exec(line)?.groups;
    const service = parts?.['service'] ?? '';
    const image = parts?.['image'] ?? line;
    if (images.has(service)) {
      const what = service === '' ? 'a second image without a service' : `a second image for "${service}"`;
      throw new ConfigurationError(
        `image: "${image}" is ${what}. For several services write lines of service=image.`,
      );
    }
    images.set(service, parseImageReference(image, 'image'));
  }
  return images;
}

function buildImageSource(inputs: Inputs, image: ImageReference | undefined): BuildImageSource {
  return {
    kind: 'build',
    repository: image?.repository ?? defaultRepository(),
    options: readBuildOptions(inputs),
  };
}

function existingImageSource(images: ReadonlyMap<string, ImageReference>): ExistingImageSource {
  for (const [service, image] of images) {
    if (!isRepositoryOnly(image)) continue;
    const where = service === '' ? '' : ` for "${service}"`;
    throw new ConfigurationError(
      `image: "${image.repository}"${where} has neither a digest nor a tag. Write ${image.repository}@sha256:… or ${image.repository}:tag.`,
    );
  }
  return { kind: 'existing', images };
}

function isRepositoryOnly(image: ImageReference): boolean {
  return image.tag === undefined && image.digest === undefined;
}

/** GitHub's own registry, in the name of the repository. */
function defaultRepository(): string {
  const repository = (process.env['GITHUB_REPOSITORY'] ?? '').toLowerCase();
  const server = process.env['GITHUB_SERVER_URL'] ?? 'https://github.com';
  const advice = 'Set image to a repository that this job can push to: registry.example.com/me/shop.';
  if (server !== 'https://github.com') {
    throw new ConfigurationError(`image: missing, and ghcr.io does not belong to ${server}. ${advice}`);
  }
  const image = `ghcr.io/${repository}`;
  if (repository !== '' && isRepository(image)) return image;
  throw new ConfigurationError(
    `image: missing, and the repository "${repository}" gives no name for it. ${advice}`,
  );
}
