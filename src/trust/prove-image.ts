import type { GitHub } from '../gate/github.ts';
import type { Registry } from '../image/registry.ts';
import { digestOf, type PinnedImage } from '../model/image.ts';
import type { ImageVerification } from '../model/image-verification.ts';
import { inputSetting } from '../model/input-ref.ts';
import { asList, asObject, parseJson } from '../model/json.ts';
import { findSignatures } from './found-signatures.ts';
import { judgeKeySignatures } from './key-signatures.ts';
import { bundleOfOlderAttestation } from './older-attestation.ts';
import { requireProof, type Verdict } from './verdict.ts';

/** Where proofs are looked for. */
export interface ProofSources {
  /** Attestations that this run has made, as JSON. */
  readonly bundles: readonly unknown[];
  readonly registry: Registry;
  /** Opens GitHub's API of the repositories that may have built the image; asked only if the registry has no proof that counts. */
  readonly connectToGitHub: () => Promise<readonly Pick<GitHub, 'listAttestations'>[]>;
  /** `https://github.com` */
  readonly serverUrl: string;
}

/**
 * Verifies that an image is what somebody who is trusted has made.
 * @returns who vouches for it; `undefined` if nothing is asked
 * @throws SealiftError that says why no signature counts
 */
export async function proveImage(
  image: PinnedImage,
  wanted: ImageVerification,
  { bundles: own, registry, connectToGitHub, serverUrl }: ProofSources,
): Promise<string | undefined> {
  if (wanted.kind === 'off') return undefined;
  const digest = digestOf(image);
  const found = await registry.readBeside(image, (repository) => findSignatures(repository, digest));
  if (wanted.kind === 'key')
    return requireProof(
      image,
      judgeKeySignatures(digest, found, wanted),
      'it has no signature. Sign it before it is deployed: cosign sign --key.',
    );
  // In dist/ a file of its own, which few runs need.
  const { judgeAttestations } = await import('./attestations.ts');
  const judge = (bundles: readonly unknown[]): readonly Verdict[] =>
    judgeAttestations(digest, bundles, wanted, serverUrl);
  const attached = judge([
    ...own,
    ...found.bundles.map(parseJson),
    ...found.attestations.flatMap((each) => bundleOfOlderAttestation(each) ?? []),
  ]);
  if (attached.some(({ accepted }) => accepted)) return requireProof(image, attached, '');
  const listed = await Promise.all(
    (await connectToGitHub()).map((github) => github.listAttestations(digest)),
  );
  const stored = judge(
    listed.flatMap((each) => asList(asObject(each)['attestations'])).map((each) => asObject(each)['bundle']),
  );
  return requireProof(
    image,
    [...stored, ...attached],
    `it has no attestation, neither in its registry nor in the repository. Set ${inputSetting('attest', 'true')} where it is built, and build it again (${inputSetting('rebuild', 'true')}).`,
  );
}
