import { setTimeout as pause } from 'node:timers/promises';
import { formatDuration } from '../model/duration.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { UrlCheck } from '../model/request.ts';

/** How often in a row an address must answer as expected: one lucky answer proves nothing. */
export const SUCCESSES = 3;
/** Milliseconds between two questions, and the longest one is waited for. */
const INTERVAL = 200;
const PATIENCE = 5_000;

/**
 * Asks an address from the runner until it has answered as expected several times in a row.
 * @returns a line on what it answered.
 * @throws SealiftError with the last answer when the check's time is over.
 */
export async function askUrl(check: UrlCheck, signal: AbortSignal): Promise<string> {
  const deadline = performance.now() + check.timeout;
  let inARow = 0;
  let last = 'it was not asked';
  while (inARow < SUCCESSES) {
    const answer = await askOnce(check, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
    signal.throwIfAborted();
    last = answer.text;
    inARow = answer.good ? inARow + 1 : 0;
    if (inARow === SUCCESSES) break;
    if (performance.now() + INTERVAL > deadline) {
      throw new SealiftError(
        `url: ${check.url} did not answer as expected within ${formatDuration(check.timeout)}: ${last}. ` +
          'Check the address, "url-status" and "url-body", or give it longer with "url-timeout".',
      );
    }
    await pause(INTERVAL, undefined, { signal });
  }
  return `${last}, ${SUCCESSES} times in a row`;
}

async function askOnce(
  check: UrlCheck,
  signal: AbortSignal,
): Promise<{ readonly good: boolean; readonly text: string }> {
  try {
    const response = await fetch(check.url, {
      signal,
      headers: { 'user-agent': 'sealift', 'cache-control': 'no-cache' },
    });
    const body = await response.text();
    if (!check.status.includes(response.status))
      return { good: false, text: `it answered ${response.status}` };
    if (!matches(body, check.body)) {
      return { good: false, text: `it answered ${response.status}, but its body does not match "url-body"` };
    }
    return { good: true, text: `${response.status}` };
  } catch (error) {
    return { good: false, text: causeOf(error) };
  }
}

function matches(body: string, expected: string | RegExp | undefined): boolean {
  if (expected === undefined) return true;
  return typeof expected === 'string' ? body.includes(expected) : expected.test(body);
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `no answer within ${formatDuration(PATIENCE)}`;
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
