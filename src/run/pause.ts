import { setTimeout } from 'node:timers/promises';

/**
 * Waits some milliseconds.
 * @throws the signal's reason as soon as it aborts: Node's own error says only that an operation was aborted, not why
 */
export const pause = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  setTimeout(milliseconds, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
