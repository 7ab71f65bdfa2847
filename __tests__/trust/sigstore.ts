/**
 * A Sigstore of the tests: its certificate authority, its logs and its clock are sigstore's own mock, and what they sign is signed for
 * real. Only what a workflow does itself is written here: making a key, signing, and asking for a certificate.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  fulcioHandler,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  initializeTSA,
  rekorHandler,
  tsaHandler,
} from '@sigstore/mock';
import type { SigstoreServices } from '../../src/trust/sigstore-services.ts';

/** What the OIDC token of a workflow says, as far as a certificate repeats it. */
export interface Claims {
  readonly iss: string;
  readonly repository: string;
  readonly ref: string;
  /** `octo/shop/.github/workflows/deliver.yml@refs/heads/main` */
  readonly job_workflow_ref: string;
}

export const CLAIMS: Claims = {
  iss: 'https://token.actions.githubusercontent.com',
  repository: 'octo/shop',
  ref: 'refs/heads/main',
  job_workflow_ref: 'octo/shop/.github/workflows/deliver.yml@refs/heads/main',
};

/** What the OIDC token of a job says. */
export const TOKEN_CLAIMS = {
  ...CLAIMS,
  // The mock makes the subject that of the certificate; GitHub's is another one, and Fulcio takes the workflow.
  sub: `https://github.com/${CLAIMS.job_workflow_ref}`,
  aud: 'sigstore',
  sha: 'ce587453ced02b1526dfb4cb910479d431683101',
  workflow_ref: 'octo/shop/.github/workflows/deliver.yml@refs/heads/main',
  event_name: 'push',
  repository_id: '1',
  repository_owner_id: '2',
  repository_visibility: 'public',
  runner_environment: 'github-hosted',
  run_id: '4711',
  run_attempt: '1',
};

export interface SigstoreOptions {
  /** GitHub's own, for private repositories, has no logs. */
  readonly hasLogs?: boolean;
  /** When certificates are made. */
  readonly certificateClock?: Date;
  /** When signatures are logged. */
  readonly logClock?: Date;
}

export interface AttestOptions {
  readonly claims?: Partial<Claims>;
  readonly predicateType?: string;
  readonly server?: string;
  /** What proves the time; by default a log, if there is one. */
  readonly witness?: 'log' | 'clock';
}

interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string; readonly keyid: string }[];
}

/** A bundle with one certificate, as JSON. */
export interface TestBundle {
  readonly mediaType: string;
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly Awaited<ReturnType<typeof logEntry>>[];
    readonly timestampVerificationData: object;
  };
  readonly dsseEnvelope: Envelope;
}

/** What Rekor answers: its own types are in a package that the mock does not bring. */
interface LogEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly treeSize: number;
      readonly rootHash: string;
      readonly checkpoint: string;
    };
  };
}

export interface TestSigstore extends AsyncDisposable {
  /** Its services, which sign as those of a real one. */
  readonly services: SigstoreServices;
  /** What they were asked. */
  readonly requests: readonly string[];
  /** Answers the next requests with these statuses. */
  readonly faults: number[];
  /** Sends all requests elsewhere from now on. */
  redirectTo(url: string): void;
  /** For the input `trusted-root`. */
  readonly trustedRoot: string;
  /** Attests how an image was built. */
  attest(digest: string, options?: AttestOptions): Promise<TestBundle>;
}

const LOG_ENTRIES = '/api/v1/log/entries';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const FULCIO = '1.3.6.1.4.1.57264.1';
/**
 * A whole second, because the mock writes some fractions in a form that is not allowed. Within the ten minutes of each certificate that a
 * test makes in the first five.
 */
const inFiveMinutes = (): Date => new Date(Math.ceil(Date.now() / 1000) * 1000 + 300_000);
const keyPair = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });
const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();
const base64 = (data: Buffer | string): string => Buffer.from(data).toString('base64');

export async function testSigstore({
  hasLogs = true,
  certificateClock,
  logClock = inFiveMinutes(),
}: SigstoreOptions = {}): Promise<TestSigstore> {
  const ctLog = await initializeCTLog(keyPair());
  const ca = await initializeCA(keyPair('P-384'), hasLogs ? ctLog : undefined, certificateClock);
  const log = await initializeTLog('https://rekor.example.com', keyPair(), logClock);
  const tsa = await initializeTSA(keyPair('P-384'), logClock);
  const validFor = { start: '2020-01-01T00:00:00Z' };
  const logKey = (publicKey: Buffer) => ({
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(publicKey), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: base64(sha256(publicKey)) },
  });
  const authority = (uri: string, ...certificates: readonly ArrayBufferView[]) => ({
    ...{ uri, subject: { organization: 'sigstore.mock', commonName: 'sigstore' }, validFor },
    certChain: { certificates: certificates.map((each) => ({ rawBytes: bytesOf(each).toString('base64') })) },
  });
  const trustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: hasLogs ? [{ baseUrl: 'https://rekor.example.com', ...logKey(log.publicKey) }] : [],
    ctlogs: hasLogs ? [{ baseUrl: 'https://ctfe.example.com', ...logKey(ctLog.publicKey) }] : [],
    certificateAuthorities: [authority('https://fulcio.example.com', ca.rootCertificate)],
    timestampAuthorities: [authority('https://tsa.example.com', tsa.intCertificate, tsa.rootCertificate)],
  };
  const requests: string[] = [];
  const faults: number[] = [];
  let elsewhere: string | undefined;
  const handlers = [fulcioHandler(ca), rekorHandler(log), tsaHandler(tsa)];
  const server = createServer(async (request, response) => {
    requests.push(request.url ?? '');
    const body = await text(request);
    if (elsewhere !== undefined)
      return response.writeHead(307, { location: `${elsewhere}${request.url}` }).end();
    const fault = faults.shift();
    const handler = handlers.find(({ path }) => path === request.url);
    if (fault !== undefined || handler === undefined) return response.writeHead(fault ?? 404).end('no');
    const {
      statusCode,
      response: answer,
      contentType,
    } = await handler.fn(request.url === LOG_ENTRIES ? entryOfProposal(body) : body);
    return response
      .writeHead(statusCode, { 'content-type': contentType ?? 'text/plain' })
      .end(typeof answer === 'string' ? answer : bytesOf(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    services: { fulcio: url, witness: { kind: hasLogs ? 'log' : 'clock', url } },
    ...{ requests, faults },
    redirectTo(target) {
      elsewhere = target;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    trustedRoot: JSON.stringify(trustedRoot),
    async attest(
      digest,
      {
        claims,
        predicateType = 'https://slsa.dev/provenance/v1',
        server = 'https://github.com',
        witness = hasLogs ? 'log' : 'clock',
      } = {},
    ) {
      const { iss, repository, ref, job_workflow_ref: workflow } = { ...CLAIMS, ...claims };
      const { publicKey, privateKey } = keyPair();
      const certificate = await ca.issueCertificate({
        publicKey: publicKey.export({ format: 'der', type: 'spki' }),
        subjectAltName: `${server}/${workflow}`,
        extensions: [
          { oid: `${FULCIO}.8`, value: iss },
          { oid: `${FULCIO}.12`, value: `${server}/${repository}` },
          { oid: `${FULCIO}.14`, value: ref },
        ],
      });
      const payload = Buffer.from(
        JSON.stringify({
          _type: 'https://in-toto.io/Statement/v1',
          subject: [{ name: 'shop', digest: { sha256: digest.slice('sha256:'.length) } }],
          ...{ predicateType, predicate: {} },
        }),
      );
      const signed = Buffer.concat([
        Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `),
        payload,
      ]);
      const signature = sign('sha256', signed, privateKey);
      const envelope = {
        ...{ payload: base64(payload), payloadType: PAYLOAD_TYPE },
        signatures: [{ sig: base64(signature), keyid: '' }],
      };
      return {
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          certificate: { rawBytes: bytesOf(certificate).toString('base64') },
          tlogEntries: witness === 'log' ? [await logEntry(log, envelope, pemOf(bytesOf(certificate)))] : [],
          timestampVerificationData: {
            rfc3161Timestamps:
              witness === 'log' ? [] : [{ signedTimestamp: base64(await timestampOf(tsa, signature)) }],
          },
        },
        dsseEnvelope: envelope,
      };
    },
  };
}

async function timestampOf(
  tsa: Awaited<ReturnType<typeof initializeTSA>>,
  signature: Buffer,
): Promise<Buffer> {
  const timestamp = await tsa.timestamp({
    artifactHash: sha256(signature),
    hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
    ...{ nonce: 1, policyOID: '1.2.3.4.5', certReq: true },
  });
  return bytesOf(timestamp);
}

/** An entry of Rekor about an envelope of DSSE (github.com/sigstore/rekor, pkg/types/dsse/v0.0.1). */
function loggedEnvelope(envelope: Envelope, verifier: string): object {
  const hash = (data: Buffer | string) => ({ algorithm: 'sha256', value: sha256(data).toString('hex') });
  return {
    ...{ apiVersion: '0.0.1', kind: 'dsse' },
    spec: {
      envelopeHash: hash(JSON.stringify(envelope)),
      payloadHash: hash(Buffer.from(envelope.payload, 'base64')),
      signatures: envelope.signatures.map(({ sig }) => ({ signature: sig, verifier })),
    },
  };
}

/** What Rekor makes of a proposed entry, which the mock would log as it came. */
function entryOfProposal(body: string): string {
  const { envelope, verifiers } = JSON.parse(body).spec.proposedContent;
  return JSON.stringify(loggedEnvelope(JSON.parse(envelope), verifiers[0]));
}

/** Logs an envelope, and returns the proof as a bundle has it. */
async function logEntry(
  log: Awaited<ReturnType<typeof initializeTLog>>,
  envelope: Envelope,
  certificate: string,
) {
  const entries: Readonly<Record<string, LogEntry>> = await log.log(
    loggedEnvelope(envelope, base64(certificate)),
  );
  const [entry] = Object.values(entries);
  if (entry === undefined) throw new Error('The log has no entry.');
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      ...{ logIndex: String(proof.logIndex), treeSize: String(proof.treeSize), hashes: [] },
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
