import { createHash } from 'node:crypto';
import { messageOf, SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { asList, asObject, asText, type JsonObject, parseJson } from '../model/json.ts';
import { thisJob, thisRunner } from '../model/place-words.ts';
import { type RetryContext, retryTransient, TransientError } from '../run/retry.ts';
import { anySignal } from '../run/signals.ts';
import { requestWeb } from '../run/web-request.ts';

/** The services of a Sigstore that take part in a signature. */
export interface SigstoreServices {
  /** Gives certificates: github.com/sigstore/fulcio. */
  readonly fulcio: string;
  /** Proves when and that something was signed: a log (github.com/sigstore/rekor), or a clock (RFC 3161). */
  readonly witness: { readonly kind: 'log' | 'clock'; readonly url: string };
}

/** Where GitHub has attestations signed: those of public repositories by the public Sigstore, others by its own. */
export function servicesFor(serverUrl: string, visibility: unknown): SigstoreServices {
  if (visibility === 'public') {
    return {
      fulcio: 'https://fulcio.sigstore.dev',
      witness: { kind: 'log', url: 'https://rekor.sigstore.dev' },
    };
  }
  const { hostname } = new URL(serverUrl);
  const domain = hostname === 'github.com' ? 'githubapp.com' : hostname;
  return {
    fulcio: `https://fulcio.${domain}`,
    witness: { kind: 'clock', url: `https://timestamp.${domain}` },
  };
}

/**
 * Asks for a certificate for a key that is used once.
 * @param proof the subject of the token, signed with the key
 * @returns in PEM format
 */
export async function requestCertificate(
  { fulcio }: SigstoreServices,
  token: string,
  publicKey: string,
  proof: Buffer,
  context: RetryContext,
): Promise<string> {
  const answer = await postJson(
    `${fulcio}/api/v2/signingCert`,
    {
      credentials: { oidcIdentityToken: token },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: publicKey },
        proofOfPossession: proof.toString('base64'),
      },
    },
    context,
  );
  const { signedCertificateEmbeddedSct: logged, signedCertificateDetachedSct: other } = asObject(
    parseJson(answer),
  );
  const [certificate] = asList(asObject(asObject(logged ?? other)['chain'])['certificates']);
  return asText(certificate) ?? unexpected(fulcio, 'no certificate');
}

/** Has an envelope witnessed. @returns the part of a bundle that proves it */
export async function requestWitness(
  { witness: { kind, url } }: SigstoreServices,
  envelope: JsonObject,
  signature: Buffer,
  certificate: string,
  context: RetryContext,
): Promise<JsonObject> {
  if (kind === 'clock') {
    const artifactHash = createHash('sha256').update(signature).digest('base64');
    const request = { artifactHash, hashAlgorithm: 'sha256', certificates: true };
    const timestamp = await postJson(`${url}/api/v1/timestamp`, request, context);
    return {
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp.toString('base64') }] },
    };
  }
  const answer = await postJson(
    `${url}/api/v1/log/entries`,
    {
      ...{ apiVersion: '0.0.1', kind: 'dsse' },
      spec: {
        proposedContent: {
          envelope: JSON.stringify(envelope),
          verifiers: [Buffer.from(certificate).toString('base64')],
        },
      },
    },
    context,
  );
  const [entry] = Object.values(asObject(parseJson(answer)));
  return {
    tlogEntries: [logEntry(asObject(entry), url)],
    timestampVerificationData: { rfc3161Timestamps: [] },
  };
}

/** What Rekor answers, as a bundle has it. */
function logEntry(entry: JsonObject, url: string): JsonObject {
  const { inclusionProof, signedEntryTimestamp } = asObject(entry['verification']);
  const proof = asObject(inclusionProof);
  const body = asText(entry['body']) ?? unexpected(url, 'no entry');
  const { kind, apiVersion: version } = asObject(parseJson(Buffer.from(body, 'base64')));
  return {
    logIndex: String(entry['logIndex']),
    logId: { keyId: base64OfHex(entry['logID']) },
    kindVersion: { kind, version },
    integratedTime: String(entry['integratedTime']),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof['logIndex']),
      treeSize: String(proof['treeSize']),
      rootHash: base64OfHex(proof['rootHash']),
      hashes: asList(proof['hashes']).map(base64OfHex),
      checkpoint: { envelope: proof['checkpoint'] },
    },
    canonicalizedBody: body,
  };
}

const base64OfHex = (hex: unknown): string => Buffer.from(asText(hex) ?? '', 'hex').toString('base64');

function unexpected(url: string, what: string): never {
  throw new SealiftError(
    `${inputRef('attest')}: ${new URL(url).host} answered with ${what}. Check that no proxy answers in its place, and run ${thisJob()} again.`,
  );
}

/** Milliseconds for one request. */
const REQUEST_TIMEOUT = 20_000;

/** @throws SealiftError if the service refuses, or can't be reached in several attempts */
async function postJson(url: string, body: JsonObject, context: RetryContext): Promise<Buffer> {
  const { host } = new URL(url);
  return await retryTransient(
    `The request to ${host}`,
    async () => {
      const timeout = AbortSignal.timeout(REQUEST_TIMEOUT);
      const signal = anySignal(context.signal, timeout);
      const headers = { 'content-type': 'application/json' };
      const sent = requestWeb(url, {
        ...{ method: 'POST', headers, body: JSON.stringify(body), redirect: 'manual', signal },
      });
      const answer = await sent.catch((cause: unknown) => {
        context.signal?.throwIfAborted();
        const reason = messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause);
        throw new TransientError(
          new SealiftError(
            `${inputRef('attest')}: ${host} can't be reached: ${reason}. Check that ${thisRunner()} reaches it (a proxy needs HTTPS_PROXY), and run ${thisJob()} again.`,
            { cause },
          ),
        );
      });
      if (answer.status < 300) return answer.bytes;
      const refusal = new SealiftError(
        `${inputRef('attest')}: ${host} refuses to sign (HTTP ${answer.status}). Run ${thisJob()} again; the answer says why.`,
        { evidence: [answer.body.slice(0, 500)] },
      );
      throw answer.status >= 500 || answer.status === 429 ? new TransientError(refusal) : refusal;
    },
    context,
  );
}
