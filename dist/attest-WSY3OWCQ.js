import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  preAuthEncoding
} from "./chunk-T2AHS3SW.js";
import {
  TransientError,
  anySignal,
  requestWeb,
  retryTransient
} from "./chunk-LL335SZZ.js";
import {
  STATEMENT_TYPE
} from "./chunk-OXXP23QS.js";
import {
  asList,
  asObject,
  asText,
  inputRef,
  parseJson
} from "./chunk-EK3AKRYE.js";
import {
  SealiftError,
  messageOf,
  thisJob,
  thisRunner
} from "./chunk-O5VY7DHM.js";
import "./chunk-B7OSUQQ7.js";

// src/trust/attest.ts
const { generateKeyPairSync, sign, X509Certificate } = require("node:crypto");

// src/trust/provenance.ts
function provenanceOf(subjects, claims, serverUrl) {
  const repository = `${serverUrl}/${claims["repository"]}`;
  const [path = ""] = (asText(claims["workflow_ref"]) ?? "").replace(`${claims["repository"]}/`, "").split("@");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjects.map(({ repository: name, digest }) => ({
      ...{ name, digest: { sha256: digest.slice("sha256:".length) } }
    })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://actions.github.io/buildtypes/workflow/v1",
        externalParameters: { workflow: { ref: claims["ref"], repository, path } },
        internalParameters: {
          github: {
            event_name: claims["event_name"],
            repository_id: claims["repository_id"],
            repository_owner_id: claims["repository_owner_id"],
            runner_environment: claims["runner_environment"]
          }
        },
        resolvedDependencies: [
          { uri: `git+${repository}@${claims["ref"]}`, digest: { gitCommit: claims["sha"] } }
        ]
      },
      runDetails: {
        builder: { id: `${serverUrl}/${claims["job_workflow_ref"]}` },
        metadata: {
          invocationId: `${repository}/actions/runs/${claims["run_id"]}/attempts/${claims["run_attempt"]}`
        }
      }
    }
  };
}

// src/trust/sigstore-services.ts
const { createHash } = require("node:crypto");
function servicesFor(serverUrl, visibility) {
  if (visibility === "public") {
    return {
      fulcio: "https://fulcio.sigstore.dev",
      witness: { kind: "log", url: "https://rekor.sigstore.dev" }
    };
  }
  const { hostname } = new URL(serverUrl);
  const domain = hostname === "github.com" ? "githubapp.com" : hostname;
  return {
    fulcio: `https://fulcio.${domain}`,
    witness: { kind: "clock", url: `https://timestamp.${domain}` }
  };
}
async function requestCertificate({ fulcio }, token, publicKey, proof, context) {
  const answer = await postJson(
    `${fulcio}/api/v2/signingCert`,
    {
      credentials: { oidcIdentityToken: token },
      publicKeyRequest: {
        publicKey: { algorithm: "ECDSA", content: publicKey },
        proofOfPossession: proof.toString("base64")
      }
    },
    context
  );
  const { signedCertificateEmbeddedSct: logged, signedCertificateDetachedSct: other } = asObject(
    parseJson(answer)
  );
  const [certificate] = asList(asObject(asObject(logged ?? other)["chain"])["certificates"]);
  return asText(certificate) ?? unexpected(fulcio, "no certificate");
}
async function requestWitness({ witness: { kind, url } }, envelope, signature, certificate, context) {
  if (kind === "clock") {
    const artifactHash = createHash("sha256").update(signature).digest("base64");
    const request = { artifactHash, hashAlgorithm: "sha256", certificates: true };
    const timestamp = await postJson(`${url}/api/v1/timestamp`, request, context);
    return {
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp.toString("base64") }] }
    };
  }
  const answer = await postJson(
    `${url}/api/v1/log/entries`,
    {
      ...{ apiVersion: "0.0.1", kind: "dsse" },
      spec: {
        proposedContent: {
          envelope: JSON.stringify(envelope),
          verifiers: [Buffer.from(certificate).toString("base64")]
        }
      }
    },
    context
  );
  const [entry] = Object.values(asObject(parseJson(answer)));
  return {
    tlogEntries: [logEntry(asObject(entry), url)],
    timestampVerificationData: { rfc3161Timestamps: [] }
  };
}
function logEntry(entry, url) {
  const { inclusionProof, signedEntryTimestamp } = asObject(entry["verification"]);
  const proof = asObject(inclusionProof);
  const body = asText(entry["body"]) ?? unexpected(url, "no entry");
  const { kind, apiVersion: version } = asObject(parseJson(Buffer.from(body, "base64")));
  return {
    logIndex: String(entry["logIndex"]),
    logId: { keyId: base64OfHex(entry["logID"]) },
    kindVersion: { kind, version },
    integratedTime: String(entry["integratedTime"]),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof["logIndex"]),
      treeSize: String(proof["treeSize"]),
      rootHash: base64OfHex(proof["rootHash"]),
      hashes: asList(proof["hashes"]).map(base64OfHex),
      checkpoint: { envelope: proof["checkpoint"] }
    },
    canonicalizedBody: body
  };
}
var base64OfHex = (hex) => Buffer.from(asText(hex) ?? "", "hex").toString("base64");
function unexpected(url, what) {
  throw new SealiftError(
    `${inputRef("attest")}: ${new URL(url).host} answered with ${what}. Check that no proxy answers in its place, and run ${thisJob()} again.`
  );
}
var REQUEST_TIMEOUT = 2e4;
async function postJson(url, body, context) {
  const { host } = new URL(url);
  return await retryTransient(
    `The request to ${host}`,
    async () => {
      const timeout = AbortSignal.timeout(REQUEST_TIMEOUT);
      const signal = anySignal(context.signal, timeout);
      const headers = { "content-type": "application/json" };
      const sent = requestWeb(url, {
        ...{ method: "POST", headers, body: JSON.stringify(body), redirect: "manual", signal }
      });
      const answer = await sent.catch((cause) => {
        context.signal?.throwIfAborted();
        const reason = messageOf(cause instanceof Error ? cause.cause ?? cause : cause);
        throw new TransientError(
          new SealiftError(
            `${inputRef("attest")}: ${host} can't be reached: ${reason}. Check that ${thisRunner()} reaches it (a proxy needs HTTPS_PROXY), and run ${thisJob()} again.`,
            { cause }
          )
        );
      });
      if (answer.status < 300) return answer.bytes;
      const refusal = new SealiftError(
        `${inputRef("attest")}: ${host} refuses to sign (HTTP ${answer.status}). Run ${thisJob()} again; the answer says why.`,
        { evidence: [answer.body.slice(0, 500)] }
      );
      throw answer.status >= 500 || answer.status === 429 ? new TransientError(refusal) : refusal;
    },
    context
  );
}

// src/trust/attest.ts
var SIGSTORE_AUDIENCE = "sigstore";
async function attestImages(subjects, { github, serverUrl, services }, context) {
  const token = await github.getIdToken(SIGSTORE_AUDIENCE);
  const claims = asObject(parseJson(Buffer.from(token?.split(".")[1] ?? "", "base64url")));
  const subject = asText(claims["sub"]);
  if (token === void 0 || subject === void 0)
    throw new SealiftError(
      `${inputRef("attest")}: ${thisJob()} got no OIDC token that names a subject, so no certificate can.`
    );
  const sigstore = services ?? servicesFor(serverUrl, claims["repository_visibility"]);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const payload = Buffer.from(JSON.stringify(provenanceOf(subjects, claims, serverUrl)));
  const signature = sign("sha256", preAuthEncoding(STATEMENT_TYPE, payload), privateKey);
  const certificate = await requestCertificate(
    sigstore,
    token,
    String(publicKey.export({ format: "pem", type: "spki" })),
    sign("sha256", Buffer.from(subject), privateKey),
    context
  );
  const dsseEnvelope = {
    payload: payload.toString("base64"),
    payloadType: STATEMENT_TYPE,
    signatures: [{ sig: signature.toString("base64") }]
  };
  const witnessed = await requestWitness(sigstore, dsseEnvelope, signature, certificate, context);
  const rawBytes = new X509Certificate(certificate).raw.toString("base64");
  const bundle = {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { certificate: { rawBytes }, ...witnessed },
    dsseEnvelope
  };
  await github.createAttestation(bundle);
  return bundle;
}
export {
  attestImages
};
