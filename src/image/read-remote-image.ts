import { createHash } from 'node:crypto';
import { SealiftError } from '../model/errors.ts';
import { type Digest, parseImageReference } from '../model/image.ts';
import { asList, asObject, asText, isObject, type JsonObject, parseJson } from '../model/json.ts';
import { theRunner } from '../model/place-words.ts';
import { DOCKER_HUB, hubPath, registryOf } from '../model/registry.ts';
import type { RegistryClient, RepositoryAccess } from '../registry/registry-client.ts';
import { allOrThrow } from '../run/promises.ts';
import { missingManifestError } from './registry-failures.ts';
import {
  digestField,
  platformText,
  type RemoteImage,
  type RemotePlatform,
  remotePlatform,
} from './remote-image.ts';

/** A manifest or an index as the registry has it, byte for byte. */
export interface RemoteManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** A repository of a registry that is asked, until the signal aborts. */
export interface RemoteRepository {
  readonly name: string;
  readonly client: RegistryClient;
  readonly signal: AbortSignal | undefined;
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** What a login must allow for a repository. */
export function accessTo(repository: string, actions: RepositoryAccess['actions']): RepositoryAccess {
  const registry = registryOf(repository);
  const path = registry === DOCKER_HUB ? hubPath(repository) : repository.slice(repository.indexOf('/') + 1);
  return { registry, path, actions };
}

/**
 * @param name a tag or a digest
 * @returns `undefined` if there is none
 * @throws RegistryError; SealiftError if the answer is not what its digest says
 */
export async function readManifest(
  { name: repository, client, signal }: RemoteRepository,
  name: string,
): Promise<RemoteManifest | undefined> {
  const access = accessTo(repository, 'pull');
  const { status, headers, body } = await client.request(access, `manifests/${name}`, {
    ...{ method: 'GET', headers: { accept: MANIFEST_TYPES.join(', ') }, signal },
  });
  if (status === 404) return undefined;
  const given = headers['docker-content-digest'];
  const reference = `${repository}${name.includes(':') ? '@' : ':'}${name}`;
  const digest = checkedDigest(reference, body, name.includes(':') ? name : asText(given));
  const mediaType = asText(asObject(parseJson(body))['mediaType']) ?? headers['content-type'] ?? '';
  return { digest, mediaType, bytes: body };
}

/** What a registry has of an image: its manifests and configs, side by side. */
export async function readRemoteImage(
  repository: RemoteRepository,
  manifest: RemoteManifest,
): Promise<RemoteImage> {
  const content = contentOf(manifest);
  const manifests = asList(content['manifests']).filter(isObject);
  if (manifests.length === 0) {
    const [name, platform] = await readPlatform(repository, manifest);
    return { digest: manifest.digest, platforms: new Map([[name, platform]]) };
  }
  const found = await allOrThrow(
    manifests.map(async (each): Promise<readonly (readonly [string, RemotePlatform])[]> => {
      const digest = digestField(each);
      const named = platformText(asObject(each['platform']));
      if (digest === undefined || named.startsWith('unknown')) return [];
      const own = await readManifest(repository, digest);
      if (own === undefined) throw missingManifestError(`${repository.name}@${digest}`);
      const [name, platform] = await readPlatform(repository, own);
      return [[named || name, platform]];
    }),
  );
  return { digest: manifest.digest, platforms: new Map(found.flat()) };
}

async function readPlatform(
  repository: RemoteRepository,
  manifest: RemoteManifest,
): Promise<readonly [string, RemotePlatform]> {
  const reference = `${repository.name}@${manifest.digest}`;
  const content = contentOf(manifest);
  const digest = digestField(content['config']);
  if (digest === undefined) throw missingManifestError(reference);
  const config = asObject(parseJson(await readRemoteBlob(repository, digest)));
  const platform = remotePlatform(manifest.digest, content, config);
  if (platform === undefined) throw missingManifestError(reference);
  return [platformText(config), platform];
}

/**
 * A blob of JSON, such as the config of an image.
 * @throws RegistryError; SealiftError if there is none, or it is not what its digest says
 */
export async function readRemoteBlob(
  { name, client, signal }: RemoteRepository,
  digest: Digest,
): Promise<Buffer> {
  const { status, body } = await client.request(accessTo(name, 'pull'), `blobs/${digest}`, {
    ...{ method: 'GET', headers: {}, signal },
  });
  const reference = `${name}@${digest}`;
  if (status === 404) throw missingManifestError(reference);
  checkedDigest(reference, body, digest);
  return body;
}

const contentOf = ({ bytes }: RemoteManifest): JsonObject => asObject(parseJson(bytes));

/** The digest of the bytes, which must be the expected one: whoever is in between can't pass off another image. */
function checkedDigest(reference: string, bytes: Buffer, expected: string | undefined): Digest {
  const digest = digestField({ digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` });
  if (digest !== undefined && (expected === undefined || expected === digest) && isObject(parseJson(bytes)))
    return digest;
  throw new SealiftError(
    `${reference}: the registry's answer is not the image that its digest names. Is a proxy between ${theRunner()} and the registry? It must pass the answers on unchanged.`,
  );
}

/** The repository of a reference with a tag or a digest, and that tag or digest. */
export function splitReference(reference: string): readonly [repository: string, name: string] {
  const { repository, tag = 'latest', digest } = parseImageReference(reference, 'image');
  return [repository, digest ?? tag];
}
