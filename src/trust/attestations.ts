import { type Bundle, bundleFromJSON, isBundleWithDsseEnvelope } from '@sigstore/bundle';
import { type SignedEntity, toSignedEntity, VerificationError, type Verifier } from '@sigstore/verify';
import { messageOf } from '../model/errors.ts';
import type { Digest } from '../model/image.ts';
import type { AttestedByWorkflow } from '../model/image-verification.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { readStatement } from './statement.ts';
import { verifiersFor } from './trusted-roots.ts';
import { refused, type Verdict } from './verdict.ts';
import { judgeIdentity, type WorkflowIdentity } from './workflow-identity.ts';

/** Anything else that is attested, such as a bill of materials, does not say who built the image. */
const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\//;

type Certificate = Extract<SignedEntity['key'], { readonly $case: 'certificate' }>['certificate'];

/** What each attestation of an image proves. Pure; `bundles` are JSON. */
export function judgeAttestations(
  digest: Digest,
  bundles: readonly unknown[],
  wanted: AttestedByWorkflow,
  serverUrl: string,
): readonly Verdict[] {
  const verifiers = verifiersFor(wanted.trustedRoot);
  return bundles.map((bundle) => judgeAttestation(digest, bundle, verifiers, wanted, serverUrl));
}

function judgeAttestation(
  digest: Digest,
  json: unknown,
  verifiers: readonly Verifier[],
  wanted: AttestedByWorkflow,
  serverUrl: string,
): Verdict {
  const bundle = readBundle(json);
  if (bundle === undefined)
    return refused('unreadable', 'what is attached to it is no attestation that Sealift can read.');
  const { payloadType, payload } = isBundleWithDsseEnvelope(bundle)
    ? bundle.content.dsseEnvelope
    : { payloadType: '', payload: Buffer.alloc(0) };
  const statement = readStatement(payloadType, Buffer.from(payload));
  const entity = toSignedEntity(bundle);
  if (statement === undefined || !PROVENANCE.test(statement.predicateType)) {
    return refused(
      'wrong-kind',
      `it has no attestation of how it was built, only of ${statement?.predicateType ?? 'something else'}. Set ${inputSetting('attest', 'true')} where it is built.`,
    );
  }
  if (entity.key.$case !== 'certificate') {
    return refused(
      'wrong-kind',
      `its attestation is signed with a key, not by a workflow. Set ${inputSetting('attest', 'true')} where it is built.`,
    );
  }
  if (!statement.subjects.includes(digest)) {
    return refused(
      'other-digest',
      `an attestation that is attached to it is for another image, ${statement.subjects.join(', ') || 'none'}.`,
    );
  }
  const { certificate } = entity.key;
  return (
    judgeSignature(entity, certificate, verifiers) ??
    judgeIdentity(identityOf(certificate), wanted, serverUrl)
  );
}

function readBundle(json: unknown): Bundle | undefined {
  try {
    return bundleFromJSON(json);
  } catch {
    return undefined;
  }
}

/** @returns `undefined` if one of the verifiers accepts it */
function judgeSignature(
  entity: SignedEntity,
  certificate: Certificate,
  verifiers: readonly Verifier[],
): Verdict | undefined {
  const misses = verifiers.map((verifier) => {
    try {
      verifier.verify(entity);
      return undefined;
    } catch (error) {
      return error;
    }
  });
  if (misses.includes(undefined)) return undefined;
  const [nearest] = misses.map((error) => refusalOf(error, certificate)).sort(byDistance);
  return nearest;
}

/** With several roots, that of another Sigstore says nothing about this one. */
const byDistance = (one: Verdict, other: Verdict): number =>
  Number(isUntrusted(one)) - Number(isUntrusted(other));
const isUntrusted = (verdict: Verdict): boolean =>
  !verdict.accepted && verdict.refusal === 'untrusted-certificate';

function refusalOf(error: unknown, certificate: Certificate): Verdict {
  const code = error instanceof VerificationError ? error.code : '';
  const reasons = [messageOf(error), ...(error instanceof Error ? [messageOf(error.cause ?? '')] : [])];
  if (code.startsWith('TLOG') || reasons.some((reason) => reason.includes('SCT'))) {
    return refused(
      'not-logged',
      `its attestation, or the certificate of it, is in no log of the Sigstore that is trusted (${reasons[0]}).`,
    );
  }
  if (code === 'TIMESTAMP_ERROR') {
    return refused(
      'no-time',
      `nothing that is trusted proves when its attestation was made (${reasons[0]}), and the certificate of it is valid for some minutes only.`,
    );
  }
  if (code === 'CERTIFICATE_ERROR' && reasons.some((reason) => reason.includes('expired'))) {
    const [from, to] = [certificate.notBefore, certificate.notAfter].map((time) => time.toISOString());
    return refused(
      'expired-certificate',
      `the certificate of its attestation was not valid when it was made: it is from ${from} to ${to}.`,
    );
  }
  if (code === 'CERTIFICATE_ERROR') {
    const advice = certificate.issuer.includes('GitHub, Inc.')
      ? `GitHub made it for a private repository: set "${inputRef('trusted-root')}" to what "gh attestation trusted-root" prints.`
      : `If it is from a Sigstore of your own, set "${inputRef('trusted-root')}".`;
    return refused(
      'untrusted-certificate',
      `the certificate of its attestation is from an authority that is not trusted. ${advice}`,
    );
  }
  return refused('broken-signature', `the signature of its attestation is not valid (${reasons[0]}).`);
}

/** The claims of the token with which the workflow asked for its certificate. */
function identityOf(certificate: Certificate): WorkflowIdentity {
  const read = (number: number): string =>
    certificate.extension(`1.3.6.1.4.1.57264.1.${number}`)?.valueObj.subs[0]?.value.toString() ?? '';
  return {
    issuer: read(8),
    workflow: certificate.subjectAltName ?? '',
    repository: read(12),
    ref: read(14),
  };
}
