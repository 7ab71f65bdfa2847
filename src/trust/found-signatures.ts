import type { RemoteRepository } from '../image/read-remote-image.ts';
import { accessTo, readManifest, readRemoteBlob } from '../image/read-remote-image.ts';
import { digestField } from '../image/remote-image.ts';
import { type Digest, isDigest } from '../model/image.ts';
import { asList, asObject, asText, type JsonObject, parseJson } from '../model/json.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { allOrThrow } from '../run/promises.ts';

/** A blob that a manifest names, and what the manifest says about it. */
export interface SignedBlob {
  readonly content: Buffer;
  readonly annotations: JsonObject;
}

/** What a registry has that may prove something about an image. */
export interface FoundSignatures {
  /** Sigstore bundles, as JSON. */
  readonly bundles: readonly Buffer[];
  /** Signatures in cosign's older form (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md). */
  readonly simple: readonly SignedBlob[];
  /** Attestations in cosign's older form (specs/ATTESTATION_SPEC.md). */
  readonly attestations: readonly SignedBlob[];
}

const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d+)?\+json/;
const SIMPLE_SIGNING = /^application\/vnd\.dev\.cosign\.simplesigning\.v1\+json$/;
const ENVELOPE = /^application\/vnd\.dsse\.envelope\.v1\+json$/;
/** More artifacts than anybody signs an image with. */
const MOST_REFERRERS = 200;

/**
 * Looks for everything that is attached to an image in its registry: by the referrers API, by the tag that stands for it in registries
 * without it, and by cosign's own tags.
 * @throws RegistryError
 */
export async function findSignatures(repository: RemoteRepository, digest: Digest): Promise<FoundSignatures> {
  const tag = digest.replace(':', '-');
  const [referrers, simple, attestations] = await allOrThrow([
    readReferrers(repository, digest, tag),
    readBlobsOf(repository, `${tag}.sig`, SIMPLE_SIGNING),
    readBlobsOf(repository, `${tag}.att`, ENVELOPE),
  ]);
  const bundles = await allOrThrow(referrers.map((each) => readBlobsOf(repository, each, BUNDLE)));
  return { bundles: bundles.flat().map(({ content }) => content), simple, attestations };
}

/** The manifests that refer to a digest (github.com/opencontainers/distribution-spec, "Listing Referrers"). */
async function readReferrers(
  repository: RemoteRepository,
  digest: Digest,
  tag: string,
): Promise<readonly Digest[]> {
  const listed = (await listReferrers(repository, digest)) ?? (await readManifest(repository, tag))?.bytes;
  const manifests = asList(asObject(listed && parseJson(listed))['manifests']);
  return manifests
    .filter((each) => mayHaveBundle(asText(asObject(each)['artifactType'])))
    .flatMap((each) => digestField(each) ?? [])
    .slice(0, MOST_REFERRERS);
}

/** Where cosign writes the list itself, it does not name the type of the artifact, but that of its empty config. */
const mayHaveBundle = (type: string | undefined): boolean =>
  type === undefined || BUNDLE.test(type) || /\.(?:empty|config)\.v1\+json$/.test(type);

/** @returns `undefined` if the registry has no such API */
async function listReferrers(
  { name, client, signal }: RemoteRepository,
  digest: Digest,
): Promise<Buffer | undefined> {
  try {
    const { status, body } = await client.request(accessTo(name, 'pull'), `referrers/${digest}`, {
      ...{ method: 'GET', headers: { accept: 'application/vnd.oci.image.index.v1+json' }, signal },
    });
    return status === 404 || parseJson(body) === undefined ? undefined : body;
  } catch (error) {
    // Registries without it answer in different ways: 400, 405.
    if (error instanceof RegistryError && error.failure.kind === 'failed') return undefined;
    throw error;
  }
}

/** The layers of a manifest that are of a type; none if there is no such manifest. */
async function readBlobsOf(
  repository: RemoteRepository,
  name: string,
  type: RegExp,
): Promise<readonly SignedBlob[]> {
  const manifest = await readManifest(repository, name);
  const layers = asList(asObject(manifest && parseJson(manifest.bytes))['layers']).map(asObject);
  return await allOrThrow(
    layers
      .filter(({ mediaType }) => type.test(asText(mediaType) ?? ''))
      .map(async ({ digest, annotations }): Promise<SignedBlob> => {
        const wanted = asText(digest) ?? '';
        const content = isDigest(wanted) ? await readRemoteBlob(repository, wanted) : Buffer.alloc(0);
        return { content, annotations: asObject(annotations) };
      }),
  );
}
