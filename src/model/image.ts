import type { Branded } from './brand.ts';
import { ConfigurationError } from './errors.ts';
import { REGISTRY_HOST } from './registry.ts';

/** `sha256:` and 64 hex digits. */
export type Digest = Branded<'Digest'>;
/** `registry/repository@sha256:…`: the only form in which an image is deployed. */
export type PinnedImage = Branded<'PinnedImage'>;

/** The parts of an image reference, by the grammar of github.com/distribution/reference. */
export interface ImageReference {
  /** With host and port of the registry, as the user wrote it: `ghcr.io/me/shop`, `shop`, `localhost:5000/shop`. */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

export interface ImageLayer {
  /** Digest of the compressed content, by which registries know the layer; empty if the manifest has none. */
  readonly digest: string;
  /** Digest of the unpacked content, by which engines know the layer. */
  readonly diffId: string;
  /** Bytes as they are sent: compressed. On disk the layer takes at least as many. */
  readonly size: number;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^(?:${REGISTRY_HOST}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);

/** No image has this digest. */
const PLACEHOLDER_DIGEST = `sha256:${'0'.repeat(64)}` as Digest;

/** What an error says about valid tags. */
export const TAG_RULE = 'at most 128 letters, digits, "_", "." and "-", not beginning with "." or "-"';

/** The templates of the input `tags`: `{{branch}}`. */
export const TAG_TEMPLATES = ['branch', 'branch-slug', 'semver', 'sha7', 'pr'] as const;
export type TagTemplate = (typeof TAG_TEMPLATES)[number];

/** Whether it is `sha256:` and 64 hex digits in lower case. Sealift uses no other algorithm. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Whether it is a valid tag, as a commit SHA and a release id are. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether it is a repository, with or without the host of a registry, without tag and digest. */
export function isRepository(text: string): boolean {
  return REPOSITORY.test(text) && text.length <= 255;
}

/**
 * Parses `repository[:tag][@digest]`. A colon after the last slash starts a tag; a colon before it starts a port.
 * @throws ConfigurationError that names `input` if the text is not a reference
 */
export function parseImageReference(text: string, input: string): ImageReference {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const repository = tagged ? named.slice(0, colon) : named;
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (digest !== undefined && !isDigest(digest)) {
    throw new ConfigurationError(
      `${input}: "${text}" has no valid digest. A digest is sha256: and 64 hex digits.`,
    );
  }
  if (tag !== undefined && !isTag(tag)) {
    throw new ConfigurationError(`${input}: "${tag}" in "${text}" is not a valid tag. Write ${TAG_RULE}.`);
  }
  if (!isRepository(repository)) {
    const lower = repository.toLowerCase();
    const advice = isRepository(lower)
      ? `Write it in lower case: "${lower}".`
      : 'Write repository:tag or repository@sha256:….';
    throw new ConfigurationError(`${input}: "${text}" is not an image reference. ${advice}`);
  }
  return { repository, tag, digest };
}

/** Whether two names in `image:` mean the same image: docker completes them with its own registry and the tag `latest`. */
export function isSameImageName(one: string, other: string): boolean {
  return completeName(one) === completeName(other);
}

function completeName(name: string): string {
  const short = name.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, '');
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}

/** Names an image by its digest, which can't change. */
export function pinnedImage(repository: string, digest: Digest): PinnedImage {
  return `${repository}@${digest}` as PinnedImage;
}

/** What `${IMAGE}` is while a Compose file is resolved and the digest is not known yet. */
export function placeholderImage(repository: string): PinnedImage {
  return pinnedImage(repository, PLACEHOLDER_DIGEST);
}

/** Whether it stands for an image that is not built yet. */
export function isPlaceholder(image: PinnedImage): boolean {
  return digestOf(image) === PLACEHOLDER_DIGEST;
}

/** Whether it names an image by its digest, without a tag. */
export function isPinnedImage(text: string): text is PinnedImage {
  const at = text.indexOf('@');
  return at > 0 && isDigest(text.slice(at + 1)) && isRepository(text.slice(0, at));
}

export function digestOf(image: PinnedImage): Digest {
  return image.slice(image.indexOf('@') + 1) as Digest;
}

export function repositoryOf(image: PinnedImage): string {
  return image.slice(0, image.indexOf('@'));
}
