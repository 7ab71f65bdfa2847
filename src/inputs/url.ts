import type { UrlCheck } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Inputs } from './reader.ts';
import { readStatusCodes } from './status-codes.ts';

/** What the runner checks once the release has all traffic; `undefined` without `url`. */
export function readUrlCheck(inputs: Inputs): UrlCheck | undefined {
  const url = inputs.text('url');
  const status = readStatusCodes(inputs, 'url-status');
  const body = readExpectedBody(inputs.text('url-body'));
  const timeout = inputs.duration('url-timeout');
  if (url !== undefined) return { url: readHttpUrl('url', url), status, body, timeout };
  if (body === undefined) return undefined;
  throw new ConfigurationError(
    `url-body: it has no effect without "${inputRef('url')}". Set "${inputRef('url')}", or remove "${inputRef('url-body')}".`,
  );
}

/** @throws ConfigurationError that shows the value without a password */
export function readHttpUrl(input: 'url' | 'acme-directory', text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && `${url.username}${url.password}` !== '') {
    // The log, the summary and the outputs would show it. And fetch() refuses it, when the release is already live.
    throw new ConfigurationError(
      `${input}: "${withoutCredentials(text)}" contains a user name or password. Write a URL that works without.`,
    );
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  const example = input === 'url' ? 'https://app.example.com/up' : 'https://acme.example.com/directory';
  throw new ConfigurationError(
    `${input}: "${withoutCredentials(text)}" is not an http:// or https:// URL. Write the full URL, such as ${example}.`,
  );
}

/** Everything before an "@" may contain a password. */
function withoutCredentials(text: string): string {
  const end = text.lastIndexOf('@');
  if (end === -1) return text;
  const [scheme = ''] = /^[a-z][a-z0-9+.-]*:\/*/i.exec(text.slice(0, end)) ?? [];
  return `${scheme}***${text.slice(end)}`;
}

/** Text that the body must contain, or a pattern between slashes, possibly with flags: `/v\d+/i`. */
function readExpectedBody(text: string | undefined): string | RegExp | undefined {
  const pattern = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s.exec(text ?? '')?.groups;
  if (pattern === undefined) return text;
  const { source = '', flags = '' } = pattern;
  // With g or y a pattern keeps its last position, so it would not match the same answer twice.
  if (/[^imsu]/.test(flags))
    throw new ConfigurationError(`url-body: the flags "${flags}" are not known. Use only i, m, s and u.`);
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new ConfigurationError(
      `url-body: ${text} is not a regular expression of JavaScript. For plain text, remove the slashes.`,
      { cause },
    );
  }
}
