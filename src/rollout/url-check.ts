import { setTimeout as pause } from 'node:timers/promises';
import { formatDuration } from '../model/duration.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { UrlCheck } from '../model/request.ts';

/** How often in a row an address must answer as expected: one lucky answer proves nothing. */
export const REQUIRED_SUCCESSES = 3;
/** Milliseconds between two questions. */
const URL_CHECK_INTERVAL = 200;
/** Milliseconds that one answer is waited for. */
const RESPONSE_TIMEOUT = 5_000;

interface UrlAnswer {
  readonly ok: boolean;
  readonly text: string;
  /** Whether none came in time. */
  readonly timedOut?: boolean;
}

/**
 * Asks an address from the runner until it has answered as expected several times in a row.
 * @returns a line on what it answered.
 * @throws SealiftError with the last answer when the check's time is over; the signal's reason when that aborts.
 */
export async function checkUrl(
  check: UrlCheck,
  signal: AbortSignal,
  interval = URL_CHECK_INTERVAL,
): Promise<string> {
  const end = performance.now() + check.timeout;
  let last: UrlAnswer | undefined;
  for (let inARow = 0; ; ) {
    const left = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await requestUrl(check, signal, Math.min(RESPONSE_TIMEOUT, left));
    signal.throwIfAborted();
    // That the last question was cut short by the end says less than the answer before it.
    if (last === undefined || !answer.timedOut || left >= RESPONSE_TIMEOUT) last = answer;
    inARow = answer.ok ? inARow + 1 : 0;
    if (inARow === REQUIRED_SUCCESSES) return `${answer.text}, ${REQUIRED_SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw unexpectedAnswerError(check, last);
    await pause(interval, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function unexpectedAnswerError({ url, timeout }: UrlCheck, last: UrlAnswer): SealiftError {
  const lastText = last.ok
    ? `it answered ${last.text}, but not ${REQUIRED_SUCCESSES} times in a row`
    : last.text;
  return new SealiftError(
    `url: ${url} did not answer as expected within ${formatDuration(timeout)}: ${lastText}. ` +
      'Check the address, "url-status" and "url-body", or give it longer with "url-timeout".',
  );
}

async function requestUrl(check: UrlCheck, signal: AbortSignal, timeout: number): Promise<UrlAnswer> {
  try {
    const response = await fetch(check.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      headers: { 'user-agent': 'sealift', 'cache-control': 'no-cache' },
      // Who expects nothing but redirects wants to see them, not where they lead.
      redirect: check.status.every((status) => status >= 300 && status < 400) ? 'manual' : 'follow',
    });
    const body = await response.text();
    if (!check.status.includes(response.status)) return { ok: false, text: `it answered ${response.status}` };
    if (!bodyMatches(body, check.body)) {
      return { ok: false, text: `it answered ${response.status}, but its body does not match "url-body"` };
    }
    return { ok: true, text: `${response.status}` };
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    return timedOut
      ? { ok: false, timedOut, text: `no answer within ${formatDuration(timeout)}` }
      : { ok: false, text: rootCauseText(error) };
  }
}

function bodyMatches(body: string, expected: string | RegExp | undefined): boolean {
  if (expected === undefined) return true;
  return typeof expected === 'string' ? body.includes(expected) : expected.test(body);
}

/** `fetch failed` says nothing; its cause does, or, where several addresses were tried, the first of its causes. */
function rootCauseText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCauseText(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? rootCauseText(error.cause) : messageOf(error);
}
