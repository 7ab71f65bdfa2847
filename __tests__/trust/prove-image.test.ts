import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Registry } from '../../src/image/registry.ts';
import { requireTrust } from '../../src/image-trust.ts';
import { type PinnedImage, pinnedImage } from '../../src/model/image.ts';
import type { ImageVerification } from '../../src/model/image-verification.ts';
import { useGateJob } from '../gate/job.ts';
import { remember } from '../image/support/build.ts';
import { registryContext } from '../image/support/registry-context.ts';
import {
  digestOfBytes,
  pushImage,
  type TestRegistry,
  testRegistry,
} from '../registry/support/test-registry.ts';
import { testSigstore } from './sigstore.ts';

const job = useGateJob();
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const BY_KEY: ImageVerification = {
  kind: 'key',
  keys: [String(publicKey.export({ format: 'pem', type: 'spki' }))],
};
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

const attestedBy = (trustedRoot: string): ImageVerification => ({
  ...{ kind: 'attestation', repositories: ['octo/shop'], workflows: [], refs: [], trustedRoot },
});

/** Verifies as a deploy does, and returns what was logged. */
async function verify(image: PinnedImage, wanted: ImageVerification): Promise<readonly string[]> {
  const log = remember();
  const { signal } = job.current.cancelled;
  const trust = { verification: wanted, token: 'token' };
  await requireTrust([image, image], trust, registryContext(), { log, signal });
  return log.lines;
}

/** Attaches a blob to an image, as `artifactType` says or by a tag. */
function attach(
  { manifests, blobs, host }: TestRegistry,
  image: PinnedImage,
  layer: { readonly type: string; readonly content: string; readonly annotations?: object },
  tag?: string,
): string {
  const repository = image.slice(host.length + 1, image.indexOf('@'));
  const digest = digestOfBytes(layer.content);
  blobs.set(`${repository}/${digest}`, Buffer.from(layer.content));
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MANIFEST, config: { digest: digestOfBytes('{}') } },
    layers: [{ mediaType: layer.type, digest, annotations: layer.annotations }],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  for (const name of [digestOfBytes(bytes), ...(tag === undefined ? [] : [tag])])
    manifests.set(`${repository}/${name}`, { type: MANIFEST, bytes });
  return digestOfBytes(bytes);
}

function pushed(registry: TestRegistry): PinnedImage {
  const digest = pushImage(registry, 'octo/shop', 'v1', ['linux/amd64'], { of: registry.host });
  return pinnedImage(`${registry.host}/octo/shop`, digest as Parameters<typeof pinnedImage>[1]);
}

const digestIn = (image: PinnedImage): string => image.slice(image.indexOf('@') + 1);
const tagOf = (image: PinnedImage): string => digestIn(image).replace(':', '-');

/** A signature in cosign's older form. */
function sign1(image: PinnedImage) {
  const content = JSON.stringify({ critical: { image: { 'docker-manifest-digest': digestIn(image) } } });
  const signature = sign('sha256', Buffer.from(content), privateKey).toString('base64');
  return {
    ...{ type: 'application/vnd.dev.cosign.simplesigning.v1+json', content },
    annotations: { 'dev.cosignproject.cosign/signature': signature },
  };
}

/** Lists what refers to an image, under the tag that registries without the referrers API use. */
function listUnderTag(
  { manifests }: TestRegistry,
  image: PinnedImage,
  digests: readonly string[],
  type?: string,
) {
  const bytes = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: INDEX },
      manifests: digests.map((digest) => ({ digest, artifactType: type })),
    }),
  );
  manifests.set(`octo/shop/${tagOf(image)}`, { type: INDEX, bytes });
}

test('without an input nothing is asked', async () => {
  await using registry = await testRegistry();
  expect(await verify(pushed(registry), { kind: 'off' })).toEqual([]);
  expect(registry.seen).toEqual([]);
});

test("a signature in cosign's older form is found under its tag", async () => {
  await using registry = await testRegistry();
  const image = pushed(registry);
  attach(registry, image, sign1(image), `${tagOf(image)}.sig`);
  expect(await verify(image, BY_KEY)).toEqual([`Verified ${image}: signed with the key of "verify-key".`]);
});

test('an image without a signature is refused', async () => {
  await using registry = await testRegistry();
  const image = pushed(registry);
  await expect(verify(image, BY_KEY)).rejects.toThrow(
    `verify: ${image} is refused: it has no signature. Sign it before it is deployed: cosign sign --key.`,
  );
});

test('the reason is the signature that comes nearest; the others are the evidence', async () => {
  await using registry = await testRegistry();
  const image = pushed(registry);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  attach(registry, image, sign1(image), `${tagOf(image)}.sig`);
  const empty = attach(registry, image, { type: BUNDLE_TYPE, content: '{"dsseEnvelope":{}}' });
  listUnderTag(registry, image, [empty]);
  const wanted = { kind: 'key', keys: [String(other.export({ format: 'pem', type: 'spki' }))] } as const;
  await expect(verify(image, wanted)).rejects.toMatchObject({
    message: expect.stringContaining('is refused: its signature is by another key than "verify-key".'),
    evidence: [
      expect.stringContaining('by another key'),
      expect.stringContaining('what is attached to it in the registry is no signature of cosign'),
    ],
  });
});

test.each([404, 400, 405])(
  'a registry that answers %s to the referrers API is asked for the tag',
  async (status) => {
    await using registry = await testRegistry();
    await using sigstore = await testSigstore();
    const image = pushed(registry);
    const content = JSON.stringify(await sigstore.attest(digestIn(image)));
    // cosign's own list names the type of the empty config.
    listUnderTag(
      registry,
      image,
      [attach(registry, image, { type: BUNDLE_TYPE, content })],
      'application/vnd.oci.empty.v1+json',
    );
    registry.intercept = ({ url = '' }) => (url.includes('/referrers/') ? { status } : undefined);
    expect(await verify(image, attestedBy(sigstore.trustedRoot))).toEqual([
      `Verified ${image}: attested by octo/shop/.github/workflows/deliver.yml at refs/heads/main, built from octo/shop at refs/heads/main.`,
    ]);
    expect(job.current.github.requests).toEqual([]);
  },
);

test('with the referrers API, only what may be a bundle is read', async () => {
  await using registry = await testRegistry();
  await using sigstore = await testSigstore();
  const image = pushed(registry);
  const content = JSON.stringify(await sigstore.attest(digestIn(image)));
  const bundle = attach(registry, image, { type: BUNDLE_TYPE, content });
  const sbom = attach(registry, image, { type: 'application/spdx+json', content: '{}' });
  registry.intercept = ({ url = '' }) =>
    url.includes('/referrers/')
      ? {
          status: 200,
          body: JSON.stringify({
            manifests: [
              { digest: sbom, artifactType: 'application/spdx+json' },
              { digest: bundle, artifactType: BUNDLE_TYPE },
            ],
          }),
        }
      : undefined;
  expect(await verify(image, attestedBy(sigstore.trustedRoot))).toHaveLength(1);
  expect(registry.seen.filter((line) => line.includes(sbom))).toEqual([]);
});

test('a list of referrers that names an attestation of another image proves nothing', async () => {
  await using registry = await testRegistry();
  await using sigstore = await testSigstore();
  const image = pushed(registry);
  const other = `sha256:${'b'.repeat(64)}`;
  const content = JSON.stringify(await sigstore.attest(other));
  listUnderTag(registry, image, [attach(registry, image, { type: BUNDLE_TYPE, content })]);
  await expect(verify(image, attestedBy(sigstore.trustedRoot))).rejects.toThrow(
    `verify: ${image} is refused: an attestation that is attached to it is for another image, ${other}.`,
  );
});

test("GitHub's API has the attestations that the registry lacks", async () => {
  await using registry = await testRegistry();
  await using sigstore = await testSigstore();
  const image = pushed(registry);
  job.current.github.attestations.push({
    digest: digestIn(image),
    bundle: await sigstore.attest(digestIn(image)),
  });
  expect(await verify(image, attestedBy(sigstore.trustedRoot))).toHaveLength(1);
  expect(job.current.github.requests).toEqual([
    `GET /repos/octo/shop/attestations/${encodeURIComponent(digestIn(image))}?predicate_type=provenance&per_page=100`,
  ]);
});

test('without an attestation anywhere the image is refused', async () => {
  await using registry = await testRegistry();
  const image = pushed(registry);
  await using sigstore = await testSigstore();
  await expect(verify(image, attestedBy(sigstore.trustedRoot))).rejects.toThrow(
    `verify: ${image} is refused: it has no attestation, neither in its registry nor in the repository. Set attest: true where it is built, and build it again (rebuild: true).`,
  );
});

test('a token that may not read attestations is named, and the permission', async () => {
  await using registry = await testRegistry();
  job.current.github.fail(/attestations/, { status: 403, message: 'Resource not accessible by integration' });
  await using sigstore = await testSigstore();
  await expect(verify(pushed(registry), attestedBy(sigstore.trustedRoot))).rejects.toThrow(
    'Cannot read attestations (HTTP 403). Add "attestations: read" to this job\'s permissions.',
  );
});

test('a registry that only docker can ask is refused', async () => {
  await using registry = await testRegistry({ authentication: 'negotiate' });
  const image = pinnedImage(
    `${registry.host}/octo/shop`,
    `sha256:${'a'.repeat(64)}` as Parameters<typeof pinnedImage>[1],
  );
  const reading = new Registry(registryContext()).readBeside(image, ({ client, signal }) =>
    client.request({ registry: registry.host, path: 'octo/shop', actions: 'pull' }, 'manifests/x', {
      ...{ method: 'GET', headers: {}, signal },
    }),
  );
  await expect(reading).rejects.toThrow(`verify: Sealift can't ask ${registry.host} itself`);
});
