import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsAccess } from '../model/access.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';

const SIGNED_BY = 'It must be signed by the CA with which the engine was started (--tlscacert)';

/** Names of TLS failures in Node and OpenSSL, and what they mean. The first match decides. */
const tlsFailures = (): readonly (readonly [pattern: RegExp, meaning: string])[] => [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "the certificate of the engine has expired, or is not valid yet. Give the engine a new one (dockerd's --tlscert), and check the clocks of both machines.",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    `the certificate of the engine is for other names than the one in "${inputRef('hosts')}". Use a name from the certificate in "${inputRef('hosts')}", or create a certificate with this name or IP address as subjectAltName.`,
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA|INVALID_PURPOSE/,
    `the certificate of the engine was not signed by the CA in "${inputRef('tls-ca')}". Set the ca.pem that signed the engine's certificate.`,
  ],
  [
    /alert.*(?:unknown.ca|unknown_ca)|ALERT_UNKNOWN_CA/i,
    `the engine does not know the CA that signed the certificate in "${inputRef('tls-cert')}". ${SIGNED_BY}.`,
  ],
  [
    /alert.*certificate.expired|ALERT_CERTIFICATE_EXPIRED/i,
    `the certificate in "${inputRef('tls-cert')}" has expired. Create a new one, and set "${inputRef('tls-cert')}" and "${inputRef('tls-key')}".`,
  ],
  [
    /alert.*(?:certificate.required|bad.certificate|certificate.unknown|unsupported.certificate|handshake.failure|access.denied)|ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|HANDSHAKE)/i,
    `the engine refused the certificate in "${inputRef('tls-cert')}". ${SIGNED_BY}, for client authentication, and "${inputRef('tls-key')}" must be its key.`,
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long|HTTP_REQUEST/,
    'what listens there does not speak TLS. Start the engine with --tlsverify: without it, everybody who can reach the port is root on the host.',
  ],
];

/** What a failed TLS connection means; `undefined` when it failed for another reason. */
export function explainTlsFailure(error: NodeJS.ErrnoException): string | undefined {
  const text = `${error.code ?? ''} ${error.message}`;
  return tlsFailures().find(([pattern]) => pattern.test(text))?.[1];
}

/** @throws ConfigurationError naming the input that can't be read, or `tls-key` if it does not belong to `tls-cert` */
export function checkTls({ ca, cert, key }: TlsAccess): void {
  const requireOk = (message: string, check: () => unknown) => {
    try {
      check();
    } catch (cause) {
      throw new ConfigurationError(message, { cause });
    }
  };
  const unreadable = 'that can be read. Set the text of the PEM file.';
  requireOk(`tls-ca: not a certificate ${unreadable}`, () => new X509Certificate(ca));
  requireOk(`tls-cert: not a certificate ${unreadable}`, () => new X509Certificate(cert));
  requireOk(`tls-key: not a private key ${unreadable}`, () => createPrivateKey(key));
  requireOk(
    `tls-key: this is not the key of the certificate in "${inputRef('tls-cert')}". Set two that were created together.`,
    () => createSecureContext({ cert, key }),
  );
}

/** Writes the files for `docker` (DOCKER_CERT_PATH), readable by this user only. */
export async function writeTlsFiles(
  parent: string,
  { ca, cert, key }: TlsAccess,
): Promise<{ folder: string; remove: () => Promise<void> }> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'tls-'));
  const files = { 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })),
  );
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
