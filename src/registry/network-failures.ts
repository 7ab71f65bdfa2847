import { messageOf } from '../model/errors.ts';
import { ProxyError } from '../run/proxy-agent.ts';
import { RegistryError } from './registry-error.ts';

/** TLS was answered with something else: usually, the registry speaks plain HTTP. */
export class NoTlsError extends RegistryError {
  constructor(message: string, cause: unknown) {
    super({ kind: 'plain-http' }, message, cause);
  }
}

/** A server that sends nothing more. */
export class SilenceError extends Error {}

/** Codes of failures of the network that may soon be over. */
const TEMPORARY = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'],
  ...['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EHOSTDOWN'],
]);

/** The code of an error of Node; '' if it has none. */
export const errorCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** What became of a request without an answer. Pure. */
export function networkError(error: unknown, url: URL): RegistryError {
  const code = errorCodeOf(error);
  const reason = reasonOf(error);
  if (
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) ||
    /wrong version number/.test(reason)
  )
    return new NoTlsError(reason, error);
  if (TEMPORARY.has(code) || error instanceof ProxyError || error instanceof SilenceError)
    return new RegistryError({ kind: 'temporary' }, `${url.host}: ${reason}`, error);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(?:TLS|SSL)|^EPROTO$/.test(code);
  return new RegistryError({ kind: isTls ? 'unsupported' : 'failed' }, `${url.host}: ${reason}`, error);
}

/** Of several addresses that were tried, the first failure says enough. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError && error.errors.length > 0
    ? messageOf(error.errors[0])
    : messageOf(error);
}
