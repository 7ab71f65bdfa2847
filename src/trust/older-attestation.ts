import { asObject, asText, type JsonObject, parseJson } from '../model/json.ts';
import type { SignedBlob } from './found-signatures.ts';

const ANNOTATION = 'dev.sigstore.cosign';
const BEGIN = '-----BEGIN CERTIFICATE-----';

/**
 * An attestation in cosign's older form as the bundle that it would be today: certificate, chain and proof of the log stand beside it as
 * annotations. Pure.
 * @returns `undefined` if they do not: it is signed with a key
 */
export function bundleOfOlderAttestation({ content, annotations }: SignedBlob): JsonObject | undefined {
  const certificate = asText(annotations[`${ANNOTATION}/certificate`]);
  const log = asObject(jsonOfAnnotation(annotations[`${ANNOTATION}/bundle`]));
  const payload = asObject(log['Payload']);
  const body = asText(payload['body']);
  if (certificate === undefined || body === undefined) return undefined;
  const { kind, apiVersion: version } = asObject(parseJson(Buffer.from(body, 'base64')));
  const chain = `${certificate}\n${asText(annotations[`${ANNOTATION}/chain`]) ?? ''}`;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: certificatesIn(chain).map((rawBytes) => ({ rawBytes })) },
      tlogEntries: [
        {
          logIndex: String(payload['logIndex']),
          logId: { keyId: Buffer.from(asText(payload['logID']) ?? '', 'hex').toString('base64') },
          kindVersion: { kind, version },
          integratedTime: String(payload['integratedTime']),
          inclusionPromise: { signedEntryTimestamp: log['SignedEntryTimestamp'] },
          canonicalizedBody: body,
        },
      ],
    },
    dsseEnvelope: parseJson(content),
  };
}

/** In DER as base64, which is what stands between the lines of PEM. */
const certificatesIn = (pem: string): readonly string[] =>
  pem
    .split(BEGIN)
    .slice(1)
    .map((text) => text.slice(0, text.indexOf('-----END')).replaceAll(/\s/g, ''));

const jsonOfAnnotation = (annotation: unknown): unknown => parseJson(Buffer.from(asText(annotation) ?? ''));
