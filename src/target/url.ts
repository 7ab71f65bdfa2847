import { setTimeout as pause } from 'node:timers/promises';
import { formatDuration } from '../model/duration.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { UrlCheck } from '../model/request.ts';

/** How often in a row an address must answer as expected: one lucky answer proves nothing. */
export const SUCCESSES = 3;
/** Milliseconds between two questions. */
const INTERVAL = 200;
/** Milliseconds that one answer is waited for. */
const PATIENCE = 5_000;

interface Answer {
  readonly good: boolean;
  readonly text: string;
  /** Whether none came in time. */
  readonly late?: boolean;
}

/**
 * Asks an address from the runner until it has answered as expected several times in a row.
 * @returns a line on what it answered.
 * @throws SealiftError with the last answer when the check's time is over; the signal's reason when that aborts.
 */
export async function askUrl(check: UrlCheck, signal: AbortSignal, interval = INTERVAL): Promise<string> {
  const end = performance.now() + check.timeout;
  let last: Answer | undefined;
  for (let inARow = 0; ; ) {
    const left = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await askOnce(check, signal, Math.min(PATIENCE, left));
    signal.throwIfAborted();
    // That the last question was cut short by the end says less than the answer before it.
    if (last === undefined || !answer.late || left >= PATIENCE) last = answer;
    inARow = answer.good ? inARow + 1 : 0;
    if (inARow === SUCCESSES) return `${answer.text}, ${SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw notAsExpected(check, last);
    await pause(interval, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function notAsExpected({ url, timeout }: UrlCheck, last: Answer): SealiftError {
  const said = last.good ? `it answered ${last.text}, but not ${SUCCESSES} times in a row` : last.text;
  return new SealiftError(
    `url: ${url} did not answer as expected within ${formatDuration(timeout)}: ${said}. ` +
      'Check the address, "url-status" and "url-body", or give it longer with "url-timeout".',
  );
}

async function askOnce(check: UrlCheck, signal: AbortSignal, patience: number): Promise<Answer> {
  try {
    const response = await fetch(check.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
      headers: { 'user-agent': 'sealift', 'cache-control': 'no-cache' },
      // Who expects nothing but redirects wants to see them, not where they lead.
      redirect: check.status.every((status) => status >= 300 && status < 400) ? 'manual' : 'follow',
    });
    const body = await response.text();
    if (!check.status.includes(response.status))
      return { good: false, text: `it answered ${response.status}` };
    if (!matches(body, check.body)) {
      return { good: false, text: `it answered ${response.status}, but its body does not match "url-body"` };
    }
    return { good: true, text: `${response.status}` };
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    return late
      ? { good: false, late, text: `no answer within ${formatDuration(patience)}` }
      : { good: false, text: causeOf(error) };
  }
}

function matches(body: string, expected: string | RegExp | undefined): boolean {
  if (expected === undefined) return true;
  return typeof expected === 'string' ? body.includes(expected) : expected.test(body);
}

/** `fetch failed` says nothing; its cause does, or, where several addresses were tried, the first of its causes. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : messageOf(error);
}
