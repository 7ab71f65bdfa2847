import { ConfigurationError } from '../model/errors.ts';

/** A PEM text ends with a line break, which the runner or a secret's editor may have taken off. */
export function checkCertificate(input: 'acme-ca' | 'tls-ca' | 'tls-cert', text: string): string {
  if (/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text)) return `${text}\n`;
  throw notPemError(input, 'a certificate', '-----BEGIN CERTIFICATE-----', text);
}

/** @throws ConfigurationError that says what the text is instead, never the text. */
export function checkPrivateKey(input: 'tls-key', text: string): string {
  // An engine is reached without asking anybody for a passphrase.
  if (/ENCRYPTED/.test(text)) {
    throw new ConfigurationError(
      `${input}: the key is encrypted. Decrypt it (openssl pkey -in key.pem) and give it as a secret.`,
    );
  }
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)) return `${text}\n`;
  throw notPemError(input, 'a private key', '-----BEGIN PRIVATE KEY-----', text);
}

function notPemError(input: string, wanted: string, begin: string, text: string): ConfigurationError {
  const kind = /-----BEGIN (?<kind>[A-Z0-9 ]+)-----/.exec(text)?.groups?.['kind']?.toLowerCase();
  const is = kind === undefined ? '' : ` It holds a ${kind}.`;
  return new ConfigurationError(
    `${input}: not ${wanted} in PEM form.${is} Give the text of the file, beginning with ${begin}, not its path.`,
  );
}
