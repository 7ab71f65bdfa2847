import { ConfigurationError } from './errors.ts';

declare const brand: unique symbol;
/** `sha256:` and 64 hex digits. */
export type Digest = string & { readonly [brand]: 'Digest' };
/** `registry/repository@sha256:…`: the only form in which an image is deployed. */
export type PinnedImage = string & { readonly [brand]: 'PinnedImage' };

/** An image reference taken apart; grammar of distribution/reference (github.com/distribution/reference). */
export interface ImageReference {
  /** With the registry's host and port, as the user wrote it: `ghcr.io/me/shop`, `shop`, `localhost:5000/shop`. */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REGISTRY_HOST = '(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?';
const REPOSITORY = new RegExp(`^(?:${REGISTRY_HOST}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);

/** Stands in `${IMAGE}` while a Compose file is resolved, before an image exists. */
export const PLACEHOLDER_DIGEST = `sha256:${'0'.repeat(64)}` as Digest;

/** Whether it is `sha256:` and 64 hex digits in lower case; no other algorithm is used. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Whether it is a legal tag; a commit SHA and a release id are such too. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether it is a legal repository, with or without a registry's host, without tag and digest. */
export function isRepository(text: string): boolean {
  return REPOSITORY.test(text) && text.length <= 255;
}

/**
 * Takes `repository[:tag][@digest]` apart. A colon after the last slash starts a tag, one before it a port.
 * @throws ConfigurationError naming `input` when the text is not a reference.
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
    throw new ConfigurationError(
      `${input}: "${tag}" is not a legal tag (letters, digits, "_", "." and "-", at most 128).`,
    );
  }
  if (!isRepository(repository)) {
    const lower = repository.toLowerCase();
    const advice = isRepository(lower) ? ` Repositories are lower case: "${lower}".` : '';
    throw new ConfigurationError(`${input}: "${text}" is not an image reference.${advice}`);
  }
  return { repository, tag, digest };
}

/** Names an image by what cannot change. */
export function pinnedImage(repository: string, digest: Digest): PinnedImage {
  return `${repository}@${digest}` as PinnedImage;
}

/** Whether it stands for an image that is not made yet. */
export function isPlaceholder(image: PinnedImage): boolean {
  return digestOf(image) === PLACEHOLDER_DIGEST;
}

/** @returns the digest of a pinned image. */
export function digestOf(image: PinnedImage): Digest {
  return image.slice(image.indexOf('@') + 1) as Digest;
}

/** @returns the repository of a pinned image. */
export function repositoryOf(image: PinnedImage): string {
  return image.slice(0, image.indexOf('@'));
}

/** The registry's host of a repository, as `docker login` wants it; Docker Hub's when none is written. */
export function registryOf(repository: string): string {
  const first = repository.split('/', 1)[0] ?? '';
  const named = repository.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return named ? first : 'docker.io';
}
