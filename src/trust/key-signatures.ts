import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Digest, isDigest } from '../model/image.ts';
import type { SignedByKey } from '../model/image-verification.ts';
import { inputRef } from '../model/input-ref.ts';
import { asList, asObject, asText, parseJson } from '../model/json.ts';
import { preAuthEncoding } from './envelope.ts';
import type { FoundSignatures, SignedBlob } from './found-signatures.ts';
import { readStatement } from './statement.ts';
import { refused, type Verdict } from './verdict.ts';

/** What `cosign sign` says in a bundle. An attestation of something else by the same key is no signature. */
const COSIGN_SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
/** Where cosign's older form has the signature. */
const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';

/** What each signature of an image proves with some keys, in both forms of cosign. Pure. */
export function judgeKeySignatures(
  digest: Digest,
  { bundles, simple }: Pick<FoundSignatures, 'bundles' | 'simple'>,
  { keys }: SignedByKey,
): readonly Verdict[] {
  const own = keys.map((pem) => createPublicKey(pem));
  return [
    ...simple.map((each) => judgeSimple(digest, each, own)),
    ...bundles.map((each) => judgeBundle(digest, each, own)),
  ];
}

function judgeSimple(
  digest: Digest,
  { content, annotations }: SignedBlob,
  keys: readonly KeyObject[],
): Verdict {
  const signature = Buffer.from(asText(annotations[SIGNATURE_ANNOTATION]) ?? '', 'base64');
  const image = asObject(asObject(asObject(parseJson(content))['critical'])['image']);
  const signed = asText(image['docker-manifest-digest']) ?? '';
  if (signature.length === 0 || !isDigest(signed)) return UNREADABLE;
  return judge(digest, [signed], { content, signature }, keys);
}

function judgeBundle(digest: Digest, bundle: Buffer, keys: readonly KeyObject[]): Verdict {
  const envelope = asObject(asObject(parseJson(bundle))['dsseEnvelope']);
  const type = asText(envelope['payloadType']) ?? '';
  const payload = Buffer.from(asText(envelope['payload']) ?? '', 'base64');
  const [first] = asList(envelope['signatures']).map(asObject);
  const signature = Buffer.from(asText(first?.['sig']) ?? '', 'base64');
  const statement = readStatement(type, payload);
  if (statement === undefined || signature.length === 0) return UNREADABLE;
  if (statement.predicateType !== COSIGN_SIGNATURE) {
    return refused(
      'wrong-kind',
      `it has an attestation (${statement.predicateType}), but no signature. Sign it: cosign sign --key.`,
    );
  }
  return judge(digest, statement.subjects, { content: preAuthEncoding(type, payload), signature }, keys);
}

function judge(
  digest: Digest,
  signed: readonly Digest[],
  { content, signature }: { readonly content: Buffer; readonly signature: Buffer },
  keys: readonly KeyObject[],
): Verdict {
  if (!signed.includes(digest)) {
    return refused(
      'other-digest',
      `a signature that is attached to it is for another image, ${signed.join(', ') || 'none'}. Sign this digest.`,
    );
  }
  return keys.some((key) => isSignedBy(key, content, signature))
    ? { accepted: true, proof: `signed with the key of "${inputRef('verify-key')}"` }
    : refused(
        'wrong-key',
        `its signature is by another key than "${inputRef('verify-key')}". Sign it with the key that belongs to it, or correct "${inputRef('verify-key')}".`,
      );
}

const UNREADABLE = refused(
  'unreadable',
  'what is attached to it in the registry is no signature of cosign. Sign it: cosign sign --key.',
);

/** Ed25519 hashes by itself. */
function isSignedBy(key: KeyObject, content: Buffer, signature: Buffer): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, content, key, signature);
}
