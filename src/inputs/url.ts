import { ConfigurationError } from '../model/errors.ts';
import type { UrlCheck } from '../model/request.ts';
import type { Inputs } from './reader.ts';

/** What is asked from outside once the release has the traffic; `undefined` without `url`. */
export function readUrlCheck(inputs: Inputs): UrlCheck | undefined {
  const url = inputs.text('url');
  const status = readStatusCodes(inputs.text('url-status') ?? '');
  const body = readExpectedBody(inputs.text('url-body'));
  const timeout = inputs.duration('url-timeout');
  if (url !== undefined) return { url: readHttpUrl('url', url), status, body, timeout };
  if (body === undefined) return undefined;
  throw new ConfigurationError('url-body: there is no url whose answer could be looked at. Set url.');
}

/** @throws ConfigurationError naming `input` and what was given, without a password. */
export function readHttpUrl(input: 'url' | 'acme-directory', text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && `${url.username}${url.password}` !== '') {
    // It would show in the log, the summary and the outputs, and fetch() refuses it, when the release is already live.
    throw new ConfigurationError(
      `${input}: "${withoutCredentials(text)}" has a user name or password in it. Give an address that answers without.`,
    );
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  const example = input === 'url' ? 'https://app.example.com/up' : 'https://acme.example.com/directory';
  throw new ConfigurationError(
    `${input}: "${withoutCredentials(text)}" is not an http:// or https:// address. Write it whole: ${example}.`,
  );
}

/** What stands before an "@" may be a password, wherever that stands. */
function withoutCredentials(text: string): string {
  return text.replace(/^(?<scheme>[a-z][a-z0-9+.-]*:\/*)?.*@/is, '$<scheme>***@');
}

/** `200`, `200-399`, `200,204` or `200-299,404` as the codes that are meant. */
function readStatusCodes(text: string): readonly number[] {
  const codes = new Set<number>();
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const range = /^(?<from>\d{3})(?:\s*-\s*(?<to>\d{3}))?$/.exec(part)?.groups;
    const from = Number(range?.['from']);
    const to = Number(range?.['to'] ?? range?.['from']);
    if (!(from >= 100 && to <= 599 && from <= to)) {
      throw new ConfigurationError(
        `url-status: "${part}" is neither a status code from 100 to 599 nor a range of them. Write 200, 200-399 or 200,204.`,
      );
    }
    for (let code = from; code <= to; code += 1) codes.add(code);
  }
  return [...codes].sort((a, b) => a - b);
}

/** Text that is contained, or a pattern between slashes with flags behind: `/v\d+/i`. */
function readExpectedBody(text: string | undefined): string | RegExp | undefined {
  const pattern = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s.exec(text ?? '')?.groups;
  if (pattern === undefined) return text;
  // With g or y a pattern remembers where it stopped, and would not match the same answer twice.
  const flags = pattern['flags'] ?? '';
  if (/[^imsu]/.test(flags)) {
    throw new ConfigurationError(`url-body: the flags "${flags}" are not known; i, m, s and u are.`);
  }
  try {
    return new RegExp(pattern['source'] ?? '', flags);
  } catch (error) {
    throw new ConfigurationError(`url-body: ${text} is not a regular expression of JavaScript.`, {
      cause: error,
    });
  }
}
