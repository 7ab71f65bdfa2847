import type { UrlCheck } from '../model/deploy-options.ts';
import { formatDuration } from '../model/duration.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { thisRunner } from '../model/place-words.ts';
import { pause } from '../run/pause.ts';
import { proxyFor, proxyName } from '../run/proxy.ts';
import { requestWeb } from '../run/web-request.ts';
import type { WaitStatus } from './wait-status.ts';

/** How often in a row the address must answer as expected: one success proves nothing. */
const REQUIRED_SUCCESSES = 3;
/** Milliseconds between two requests. */
const URL_CHECK_INTERVAL = 200;
/** Milliseconds to wait for one response. */
const RESPONSE_TIMEOUT = 5_000;

interface UrlAnswer {
  readonly ok: boolean;
  readonly text: string;
  readonly timedOut?: boolean;
}

/**
 * Requests an address from the runner until it has answered as expected several times in a row.
 * @returns a line about its answer
 * @throws SealiftError with the last answer when the check's time is over; the signal's reason when that aborts
 */
export async function checkUrl(
  check: UrlCheck,
  signal: AbortSignal,
  waitStatus: WaitStatus = {},
  interval = URL_CHECK_INTERVAL,
): Promise<string> {
  const end = performance.now() + check.timeout;
  let last: UrlAnswer | undefined;
  waitStatus.limit = check.timeout;
  waitStatus.look = () => last && lastAnswerText(last);
  for (let inARow = 0; ; ) {
    const left = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await requestUrl(check, signal, Math.min(RESPONSE_TIMEOUT, left));
    signal.throwIfAborted();
    // A last request that was cut short by the end says less than the answer before it.
    if (last === undefined || !answer.timedOut || left >= RESPONSE_TIMEOUT) last = answer;
    inARow = answer.ok ? inARow + 1 : 0;
    if (inARow === REQUIRED_SUCCESSES) return `${answer.text}, ${REQUIRED_SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw unexpectedAnswerError(check, last);
    await pause(interval, signal);
  }
}

const lastAnswerText = ({ ok, text }: UrlAnswer): string =>
  ok ? `it answered ${text}, but not ${REQUIRED_SUCCESSES} times in a row` : text;

function unexpectedAnswerError({ url, timeout }: UrlCheck, last: UrlAnswer): SealiftError {
  return new SealiftError(
    `${inputRef('url')}: ${url} did not answer as expected within ${formatDuration(timeout)}: ${lastAnswerText(last)}. ` +
      `Check the address, "${inputRef('url-status')}" and "${inputRef('url-body')}", or increase "${inputRef('url-timeout')}".${proxyHint(url)}`,
  );
}

function proxyHint(url: string): string {
  const proxy = proxyFor(new URL(url));
  return proxy === undefined
    ? ''
    : ` It was asked through the proxy ${proxyName(proxy)}: a host that ${thisRunner()} reaches without belongs in no_proxy.`;
}

async function requestUrl(check: UrlCheck, signal: AbortSignal, timeout: number): Promise<UrlAnswer> {
  try {
    const { status, body } = await requestWeb(check.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      headers: { 'user-agent': 'sealift', 'cache-control': 'no-cache' },
      // A user who expects only redirects wants to check the redirect, not its target.
      redirect: check.status.every((status) => status >= 300 && status < 400) ? 'manual' : 'follow',
    });
    if (!check.status.includes(status)) return { ok: false, text: `it answered ${status}` };
    if (!bodyMatches(body, check.body))
      return {
        ok: false,
        text: `it answered ${status}, but its body does not match "${inputRef('url-body')}"`,
      };
    return { ok: true, text: `${status}` };
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    const text = timedOut ? `no answer within ${formatDuration(timeout)}` : rootCauseText(error);
    return { ok: false, timedOut, text };
  }
}

function bodyMatches(body: string, expected: string | RegExp | undefined): boolean {
  if (expected === undefined) return true;
  return typeof expected === 'string' ? body.includes(expected) : expected.test(body);
}

/** The cause of `fetch failed`, which says nothing itself; the first one if several addresses were tried. */
function rootCauseText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCauseText(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? rootCauseText(error.cause) : messageOf(error);
}
