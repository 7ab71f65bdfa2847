import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ConfigurationError } from '../model/errors.ts';
import type { TlsAccess } from '../model/request.ts';

/** What Node or OpenSSL calls a failure of TLS, and what it means. The first match decides. */
const TLS_FAILURES: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "the certificate of the engine has expired, or is not valid yet. Give the engine a new one (dockerd's --tlscert), and look at the clocks of both machines.",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    'the certificate of the engine is for other names than the one in hosts. Use a name that it has, or make one with this name or IP address as subjectAltName.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA|INVALID_PURPOSE/,
    "the certificate of the engine was not made by the authority in tls-ca. Give the ca.pem that signed the engine's certificate.",
  ],
  [
    /alert.*(?:unknown.ca|unknown_ca)|ALERT_UNKNOWN_CA/i,
    'the engine does not know the authority that made the certificate in tls-cert. It must be signed by the CA that the engine was started with (--tlscacert).',
  ],
  [
    /alert.*certificate.expired|ALERT_CERTIFICATE_EXPIRED/i,
    'the certificate in tls-cert has expired. Make a new one and set tls-cert and tls-key.',
  ],
  [
    /alert.*(?:certificate.required|bad.certificate|certificate.unknown|unsupported.certificate|handshake.failure|access.denied)|ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|HANDSHAKE)/i,
    'the engine refused the certificate in tls-cert. It must be signed by the CA that the engine was started with (--tlscacert), for client authentication, and tls-key must be its key.',
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long|HTTP_REQUEST/,
    'what listens there does not speak TLS. Start the engine with --tlsverify: without it anybody who reaches the port is root on the host.',
  ],
];

/** @returns the meaning of a failed TLS connection; `undefined` when it failed otherwise */
export function explainTlsFailure(error: NodeJS.ErrnoException): string | undefined {
  const text = `${error.code ?? ''} ${error.message}`;
  return TLS_FAILURES.find(([pattern]) => pattern.test(text))?.[1];
}

/** @throws ConfigurationError naming the input when the texts are not what they should be, or don't belong together */
export function checkTls({ ca, cert, key }: TlsAccess): void {
  const readable = (input: string, what: string, read: () => unknown) => {
    try {
      read();
    } catch (error) {
      throw new ConfigurationError(
        `${input}: not a ${what} that can be read. Give the text of the PEM file.`,
        {
          cause: error,
        },
      );
    }
  };
  readable('tls-ca', 'certificate', () => new X509Certificate(ca));
  readable('tls-cert', 'certificate', () => new X509Certificate(cert));
  readable('tls-key', 'private key', () => createPrivateKey(key));
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new ConfigurationError(
      'tls-key: this is not the key of the certificate in tls-cert. Give the two that were made together.',
      {
        cause: error,
      },
    );
  }
}

/** The files that `docker` wants (DOCKER_CERT_PATH), readable by nobody else. */
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
