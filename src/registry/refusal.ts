import { STATUS_CODES } from 'node:http';
import { asList, asObject, asText, parseJson } from '../model/json.ts';
import { retryAfterOfHeader } from '../run/retry-after.ts';
import { RegistryError } from './registry-error.ts';
import type { RegistryAnswer } from './web-answer.ts';

/** Statuses after which the same request may succeed. */
const isTemporary = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The error for an answer with a status from 400 on. Pure. */
export function refusalError(answer: RegistryAnswer): RegistryError {
  const { status, headers } = answer;
  const text = registryAnswerText(answer);
  if (status === 401 || status === 403) return new RegistryError({ kind: 'denied' }, text);
  if (!isTemporary(status)) return new RegistryError({ kind: 'failed' }, text);
  const wait = retryAfterOfHeader(headers['retry-after'] ?? null);
  return new RegistryError({ kind: 'temporary', wait }, text);
}

/** `403 Forbidden: DENIED: requested access to the resource is denied` */
function registryAnswerText({ status, body }: RegistryAnswer): string {
  const answer = asObject(parseJson(body));
  const { code, message } = asObject(asList(answer['errors'])[0] ?? answer);
  const said = [asText(code), asText(message)].filter((text) => text !== undefined);
  return [`${status} ${STATUS_CODES[status] ?? ''}`.trim(), ...said].join(': ');
}
