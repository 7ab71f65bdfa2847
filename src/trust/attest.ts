import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import type { GitHub } from '../gate/github.ts';
import { SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, asText, type JsonObject, parseJson } from '../model/json.ts';
import { thisJob } from '../model/place-words.ts';
import type { RetryContext } from '../run/retry.ts';
import { preAuthEncoding } from './envelope.ts';
import { provenanceOf, type Subject } from './provenance.ts';
import {
  requestCertificate,
  requestWitness,
  type SigstoreServices,
  servicesFor,
} from './sigstore-services.ts';
import { STATEMENT_TYPE } from './statement.ts';

/** Whom the OIDC token is for: every Sigstore takes one with this audience. */
const SIGSTORE_AUDIENCE = 'sigstore';

/** What attests, and where. */
export interface AttestOptions {
  readonly github: Pick<GitHub, 'getIdToken' | 'createAttestation'>;
  /** `https://github.com` */
  readonly serverUrl: string;
  /** `undefined`: those of GitHub. */
  readonly services?: SigstoreServices | undefined;
}

/**
 * Attests that this job has built some images: signs a statement with a key that is used once, whose certificate names the workflow, and
 * stores it at GitHub. The format is that of `actions/attest-build-provenance`, so that `gh attestation verify` knows it.
 *
 * @returns the Sigstore bundle, as JSON
 * @throws SealiftError without an OIDC token, or if a service refuses or fails
 */
export async function attestImages(
  subjects: readonly Subject[],
  { github, serverUrl, services }: AttestOptions,
  context: RetryContext,
): Promise<JsonObject> {
  const token = await github.getIdToken(SIGSTORE_AUDIENCE);
  const claims = asObject(parseJson(Buffer.from(token?.split('.')[1] ?? '', 'base64url')));
  const subject = asText(claims['sub']);
  if (token === undefined || subject === undefined)
    throw new SealiftError(
      `${inputRef('attest')}: ${thisJob()} got no OIDC token that names a subject, so no certificate can.`,
    );
  const sigstore = services ?? servicesFor(serverUrl, claims['repository_visibility']);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const payload = Buffer.from(JSON.stringify(provenanceOf(subjects, claims, serverUrl)));
  const signature = sign('sha256', preAuthEncoding(STATEMENT_TYPE, payload), privateKey);
  const certificate = await requestCertificate(
    sigstore,
    token,
    String(publicKey.export({ format: 'pem', type: 'spki' })),
    sign('sha256', Buffer.from(subject), privateKey),
    context,
  );
  const dsseEnvelope = {
    payload: payload.toString('base64'),
    payloadType: STATEMENT_TYPE,
    signatures: [{ sig: signature.toString('base64') }],
  };
  const witnessed = await requestWitness(sigstore, dsseEnvelope, signature, certificate, context);
  const rawBytes = new X509Certificate(certificate).raw.toString('base64');
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes }, ...witnessed },
    dsseEnvelope,
  };
  await github.createAttestation(bundle);
  return bundle;
}
